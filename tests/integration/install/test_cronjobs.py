"""The CronJobs, judged by a real API server under Pod Security "restricted"."""

import json
import subprocess

import pytest

from tests.installation import Installation, Object, kubectl

pytestmark = pytest.mark.kubernetes
COMMANDS = {"retrain-digits": ["retrain", "digits"], "resume": ["resume", "--all"]}


@pytest.fixture(name="cronjobs", scope="module")
def _cronjobs(installation: Installation) -> dict[str, Object]:
    found = json.loads(kubectl("get", "cronjobs", "-n", installation.names["ona"], "-o", "json"))["items"]
    return {one["metadata"]["name"]: one for one in found}


def test_each_calls_one_command_of_ona_in_a_clone_and_has_its_limits(cronjobs: dict[str, Object]) -> None:
    assert cronjobs.keys() == COMMANDS.keys()
    for name, one in cronjobs.items():
        assert one["spec"]["concurrencyPolicy"] == "Forbid"
        job = one["spec"]["jobTemplate"]["spec"]
        assert job["activeDeadlineSeconds"] > 0
        (clone,), (ona,) = (job["template"]["spec"][key] for key in ("initContainers", "containers"))
        assert ona["args"] == COMMANDS[name]
        assert "command" not in ona
        assert all("memory" in each["resources"]["limits"] for each in (clone, ona))


def test_who_clones_has_neither_the_ledger_nor_a_token(cronjobs: dict[str, Object]) -> None:
    for one in cronjobs.values():
        pod = one["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        (clone,) = pod["initContainers"]
        assert pod["automountServiceAccountToken"] is False
        assert {mount["name"] for mount in clone["volumeMounts"]} == {"project", "scratch"}
        assert [each["secretRef"]["name"] for each in clone["envFrom"]] == ["ona-repository"]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_pod_of_it_is_admitted_under_pod_security_restricted(
    installation: Installation, cronjobs: dict[str, Object], name: str
) -> None:
    template = cronjobs[name]["spec"]["jobTemplate"]["spec"]["template"]
    about = {"name": name, "namespace": installation.names["ona"]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": template["spec"]}
    said = subprocess.run(
        ["kubectl", "create", "--dry-run=server", "--validate=strict", "-f", "-"],
        input=json.dumps(pod),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert said.returncode == 0, said.stderr
    assert "Warning" not in said.stderr
