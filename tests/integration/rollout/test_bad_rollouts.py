"""Rollouts that go wrong on a real cluster: named, put back in time, and no request lost meanwhile."""

import time
from typing import Any

import pytest

from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.records.finding import Verdict
from tests import stand_in
from tests.integration.rollout.conftest import MakeTarget
from tests.integration.rollout.load import Load
from tests.integration.rollout.stage import answering, rolled_out

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]
DEADLINE_S = 20.0


@pytest.mark.parametrize(
    ("behaviour", "cause"),
    [("crash", "crash-loop"), ("never-ready", "not-ready"), ("image-pull", "image-pull")],
)
def test_the_old_version_serves_every_request_and_is_alone_again_in_time(
    make_target: MakeTarget, behaviour: str, cause: str
):
    target, good = make_target(replicas=2), stand_in.change("r1")
    first = rolled_out(target, good)
    assert first.verdict is Verdict.PASSED, first.findings
    began = time.monotonic()
    with Load(first.address.removeprefix("http://")) as load:
        evidence = rolled_out(target, stand_in.change("r2", behaviour), good, deadline_s=DEADLINE_S)
    assert [finding.code for finding in evidence.findings] == [cause]
    assert evidence.restored == good.image
    assert time.monotonic() - began <= DEADLINE_S + 10
    assert load.failures == []
    assert set(load.releases) == {"r1"}


def test_a_wrong_answer_is_taken_back_at_once(make_target: MakeTarget):
    target, good = make_target(replicas=2), stand_in.change("r1")
    rolled_out(target, good)
    evidence = rolled_out(target, stand_in.change("r2", "wrong-answer"), good, deadline_s=DEADLINE_S)
    assert [finding.code for finding in evidence.findings] == ["wrong-answer"]
    assert "wanted [7], found [9]" in evidence.findings[0].sentence
    assert answering(evidence.address) == "r1"


def test_a_full_quota_is_named(client: KubernetesClient, home: str, make_target: MakeTarget):
    target, good = make_target(), stand_in.change("r1")
    rolled_out(target, good)
    with _quota(client, home, {"pods": "1"}):
        evidence = rolled_out(target, stand_in.change("r2"), good, deadline_s=DEADLINE_S)
    assert [finding.code for finding in evidence.findings] == ["quota"]
    assert "exceeded quota" in evidence.findings[0].sentence
    assert evidence.findings[0].hint
    assert answering(evidence.address) == "r1"


def test_a_pod_that_fits_nowhere_is_named(make_target: MakeTarget, tmp_path: Any):
    from ona_pipeline.rollout import objects
    from ona_pipeline.rollout.kubernetes import KubernetesTarget

    for file in objects.base_folder().glob("*.yaml"):
        text = file.read_text("utf-8").replace("requests: {cpu: 100m,", 'requests: {cpu: "1000",')
        (tmp_path / file.name).write_text(text.replace('cpu: "1",', 'cpu: "1000",'), "utf-8")
    small = make_target()
    large = KubernetesTarget(small._client, small._place, base=tmp_path)
    evidence = rolled_out(large, stand_in.change("r1"), deadline_s=5)
    assert [finding.code for finding in evidence.findings] == ["unschedulable"]
    assert "Insufficient cpu" in evidence.findings[0].sentence
    assert large.serving() is None


def test_pods_that_the_namespace_forbids_are_named(make_target: MakeTarget, tmp_path: Any):
    from ona_pipeline.rollout import objects
    from ona_pipeline.rollout.kubernetes import KubernetesTarget

    for file in objects.base_folder().glob("*.yaml"):
        text = file.read_text("utf-8").replace(
            "capabilities: {drop: [ALL]}", "capabilities: {add: [NET_ADMIN]}"
        )
        (tmp_path / file.name).write_text(text, "utf-8")
    strict = make_target()
    loose = KubernetesTarget(strict._client, strict._place, base=tmp_path)
    evidence = rolled_out(loose, stand_in.change("r1"), deadline_s=10)
    assert [finding.code for finding in evidence.findings] == ["admission"]
    assert "PodSecurity" in evidence.findings[0].sentence


class _quota:  # noqa: N801 -- read as a statement: with _quota(...)
    def __init__(self, client: KubernetesClient, home: str, hard: dict[str, str]) -> None:
        self._client = client
        self._wanted = {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "small", "namespace": home},
            "spec": {"hard": hard},
        }

    def __enter__(self) -> None:
        self._client.apply(self._wanted)
        time.sleep(1)  # the quota controller counts what is there before it holds anyone to it

    def __exit__(self, *_: object) -> None:
        self._client.delete(self._wanted)
