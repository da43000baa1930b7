"""The image of ona itself: the same bytes each time, and a pod that nobody trusts runs it."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.image import own
from ona_pipeline.image.base import read_image
from ona_pipeline.image.runtime import RuntimeSettings
from ona_pipeline.records.reference import PinnedReference
from tests.backends import base_image, image_registry, lab
from tests.cluster import cluster, namespace
from tests.own_image import image_of_ona

pytestmark = [pytest.mark.registry, pytest.mark.kubernetes]
CONFINED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
IN_A_REPOSITORY = """\
import subprocess, sys
git = lambda *words: subprocess.run(["git", *words], check=True)
git("init", "--quiet", "--template=", "--initial-branch=main", "/tmp/models")
who = ("-c", "user.name=releaser", "-c", "user.email=releaser@example.org")
git("-C", "/tmp/models", *who, "commit", "--quiet", "--allow-empty", "--message=nothing yet")
sys.exit(subprocess.run(["python3", "/opt/ona/bin/ona", *sys.argv[1:]], cwd="/tmp/models").returncode)
"""


@pytest.fixture(name="image", scope="module")
def _image() -> PinnedReference:
    return image_of_ona()


@pytest.fixture(name="client", scope="module")
def _client() -> KubernetesClient:
    return cluster()


@pytest.fixture(name="home", scope="module")
def _home(client: KubernetesClient) -> Iterator[str]:
    with namespace(client) as name:
        yield name


def ran(client: KubernetesClient, home: str, name: str, image: str, **container: Any) -> tuple[int, str]:
    """Exit status and words of one pod, without a token and with nothing to write to but /tmp."""
    wanted = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": home},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "ona",
                    "image": image,
                    "securityContext": CONFINED,
                    "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],
                    **container,
                }
            ],
            "volumes": [{"name": "scratch", "emptyDir": {}}],
        },
    }
    client.create(wanted)
    path, deadline = f"/api/v1/namespaces/{home}/pods", time.monotonic() + 120
    while time.monotonic() < deadline:
        (pod,) = [one for one in client.items(path, "look") if one["metadata"]["name"] == name]
        (state,) = [one["state"] for one in pod["status"].get("containerStatuses", [])] or [{}]
        if ended := state.get("terminated"):
            said = subprocess.run(
                ["kubectl", "logs", "-n", home, name], capture_output=True, text=True, check=True
            )
            return ended["exitCode"], said.stdout
        time.sleep(0.2)
    raise AssertionError(json.dumps(pod["status"]))


def test_two_makes_are_the_same_to_the_byte_and_run_as_a_user_who_is_not_root():
    registry, settings = (
        image_registry(lab("registry")),
        RuntimeSettings(base_image(), f"{lab('registry')}/ona-tests/own"),
    )
    image = own.make(registry, settings, b"")
    assert own.make(registry, settings, b"") == image
    found = read_image(registry, image, "linux/amd64")
    container = found.config["config"]
    assert container["User"] == "65532:65532"
    assert container["Entrypoint"] == ["python3", "/opt/ona/bin/ona"]
    assert container["Labels"]["org.opencontainers.image.base.digest"] == base_image().digest
    assert len(found.layers) == 3


@pytest.mark.full
def test_a_restricted_pod_of_it_says_what_ona_can(client: KubernetesClient, home: str, image: str):
    status, said = ran(client, home, "help", image, args=["--help"])
    assert status == 0, said
    assert said.startswith("Usage: ona ")
    assert "retrain" in said


@pytest.mark.full
def test_a_restricted_pod_of_it_reads_a_ledger_in_a_repository(
    client: KubernetesClient, home: str, image: str
):
    ledger = [{"name": "ONA_LEDGER", "value": "sqlite:////tmp/ledger.db"}]
    command = ["python3", "-c", IN_A_REPOSITORY, "status", "--json"]
    status, said = ran(client, home, "status", image, command=command, env=ledger)
    assert status == 0, said
    assert json.loads(said)["places"] == []


@pytest.mark.full
def test_what_sandboxes_and_signatures_need_is_in_it(client: KubernetesClient, home: str, image: str):
    program = (
        "import shutil, ona_pipeline, subprocess, uv; from ona_pipeline.rollout.objects import base_folder;"
        "assert base_folder().joinpath('kustomization.yaml').is_file();"
        "assert shutil.which('ssh-keygen') and not shutil.which('docker');"
        "subprocess.run([uv.find_uv_bin(), '--version'], check=True); import mlflow, great_expectations"
    )
    status, said = ran(client, home, "tools", image, command=["python3", "-c", program])
    assert status == 0, said


class TestWhatCannotBeMade:
    """Said as the commands of ona say it."""

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "ona_pipeline.image.own", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    def test_without_its_three_arguments_it_is_no_usage(self):
        done = self.run("registry.example.org/ona")
        assert (done.returncode, done.stdout) == (2, "")
        assert "usage: python -m ona_pipeline.image.own REPOSITORY BASE LOCK" in done.stderr

    def test_a_base_that_can_move_is_no_base(self, tmp_path: Path):
        done = self.run("registry.example.org/ona", "python:3.11", str(tmp_path / "ona.lock"))
        assert done.returncode == 2
        assert "not a pinned reference (repository@sha256:…): 'python:3.11'" in done.stderr

    def test_a_lock_without_hashes_is_refused_with_the_remedy(self, tmp_path: Path):
        lock = tmp_path / "ona.lock"
        lock.write_text("msgspec==0.20.0\n")
        done = self.run(f"{lab('registry')}/ona-tests/own", base_image(), str(lock))
        assert done.returncode == 2
        assert "make lock" in done.stderr

    def test_a_registry_that_is_not_there_is_errored(self, tmp_path: Path):
        lock = tmp_path / "ona.lock"
        lock.write_bytes(b"")
        base = f"127.0.0.1:9/base@sha256:{'0' * 64}"
        done = self.run("127.0.0.1:9/ona", base, str(lock))
        assert done.returncode == 4
        assert "127.0.0.1:9" in done.stderr
