"""Rollouts where somebody else says how many pods there are: a real HorizontalPodAutoscaler."""

import time
from pathlib import Path

import pytest

from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.records.finding import Verdict
from ona_pipeline.rollout import holders, objects
from ona_pipeline.rollout.kubernetes import KubernetesTarget
from ona_pipeline.rollout.objects import Place
from tests import stand_in
from tests.integration.rollout.conftest import MakeTarget
from tests.integration.rollout.stage import rolled_out

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]


def base_with_least(folder: Path, pods: int) -> Path:
    """The base, with another least number of pods."""
    folder.mkdir()
    for file in objects.base_folder().glob("*.yaml"):
        text = file.read_text("utf-8").replace("minReplicas: 2", f"minReplicas: {pods}")
        (folder / file.name).write_text(text, "utf-8")
    return folder


def scaled_to(target: KubernetesTarget, pods: int) -> None:
    """Wait for the autoscaler, which looks every 15 s."""
    deadline = time.monotonic() + 60
    while True:
        found = target._view.deployment()
        assert found
        if found["spec"]["replicas"] == pods:
            break
        assert time.monotonic() < deadline
        time.sleep(1)
    assert any(holder.is_autoscaler for holder in holders.holders(found, holders.REPLICAS))


def test_a_rollout_keeps_the_number_that_the_autoscaler_came_to(
    client: KubernetesClient, home: str, tmp_path: Path
):
    place = Place(namespace=home, deployment="digits-scaled")
    target = KubernetesTarget(client, place, base=base_with_least(tmp_path / "one", 1))
    larger = KubernetesTarget(client, place, base=base_with_least(tmp_path / "two", 2))
    assert len(rolled_out(target, stand_in.change("r1")).instances) == 2  # one pod, and the Service
    larger.apply(stand_in.change("r1"))
    scaled_to(larger, 2)
    evidence = rolled_out(larger, stand_in.change("r2"), stand_in.change("r1"))
    assert evidence.verdict is Verdict.PASSED, evidence.findings
    assert len(evidence.instances) == 3
    larger.remove()


@pytest.mark.full
def test_a_users_own_autoscaler_is_no_conflict(client: KubernetesClient, make_target: MakeTarget):
    target = make_target(replicas=1)
    rolled_out(target, stand_in.change("r1"))
    name, home = target._place.deployment, target._place.namespace
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": objects.AUTOSCALER,
        "metadata": {"name": "of-a-user", "namespace": home},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": 2,
            "maxReplicas": 3,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
                }
            ],
        },
    }
    client.apply(autoscaler)
    scaled_to(target, 2)
    evidence = rolled_out(target, stand_in.change("r2"), stand_in.change("r1"))
    assert evidence.verdict is Verdict.PASSED, evidence.findings
    assert len(evidence.instances) == 3
    client.delete(autoscaler)
