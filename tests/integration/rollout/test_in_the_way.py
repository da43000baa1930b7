"""What is not ours on a real cluster is left alone, by name."""

from typing import Any

import pytest

from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.records.finding import Finding
from ona_pipeline.rollout.kubernetes import KubernetesTarget
from ona_pipeline.rollout.objects import INSTANCE_LABEL, Place
from tests import stand_in
from tests.integration.rollout.conftest import MakeTarget
from tests.integration.rollout.stage import rolled_out

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]


def deployment(home: str, name: str, labels: dict[str, str], *containers: str) -> dict[str, Any]:
    """Somebody else's, with no pods: the image is none."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": home},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                    "containers": [
                        {
                            "name": one,
                            "image": "ona.local/none@sha256:" + "0" * 64,
                            "securityContext": {
                                "allowPrivilegeEscalation": False,
                                "capabilities": {"drop": ["ALL"]},
                            },
                        }
                        for one in containers
                    ],
                },
            },
        },
    }


def without_managers(found: dict[str, Any] | None) -> dict[str, Any]:
    assert found
    return found["spec"]  # type: ignore[no-any-return]


def test_a_deployment_with_two_containers_none_of_ours(client: KubernetesClient, home: str) -> None:
    wanted = deployment(home, "digits-theirs", {"app": "theirs"}, "web", "sidecar")
    client.apply(wanted)
    target = KubernetesTarget(client, Place(namespace=home, deployment="digits-theirs", replicas=1))
    before = target._view.deployment()
    found = target.apply(stand_in.change("r1"))
    assert isinstance(found, Finding)
    assert found.code == "not-ours"
    assert "found one with web, sidecar" in found.sentence
    assert found.hint
    assert without_managers(target._view.deployment()) == without_managers(before)
    evidence = rolled_out(target, stand_in.change("r1"))
    assert [one.code for one in evidence.findings] == ["not-ours"]
    assert target.serving() is None
    assert client.items(f"/apis/autoscaling/v2/namespaces/{home}/horizontalpodautoscalers", "list") == []
    client.delete(wanted)


def test_a_selector_that_matches_another_deployment_s_pods(
    client: KubernetesClient, home: str, make_target: MakeTarget
) -> None:
    target = make_target()
    labels = {INSTANCE_LABEL: target._place.deployment}
    wanted = deployment(home, "somebody-s", labels, "web")
    client.apply(wanted)
    for _ in range(100):
        if target._view.pods():
            break
    found = target.apply(stand_in.change("r1"))
    assert isinstance(found, Finding)
    assert found.code == "foreign-pods"
    assert "pod somebody-s-" in found.sentence
    assert target._view.deployment() is None
    client.delete(wanted)
