"""What is ona's of a Deployment that somebody else made, and who else holds it."""

from typing import Any

import pytest

from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.rollout import holders
from ona_pipeline.rollout.adopted import AdoptedTarget
from ona_pipeline.rollout.adopted_view import selector
from ona_pipeline.rollout.objects import Place
from tests.unit.rollout.test_roll_out import change

NOBODY: Any = None
IMAGE = ("f:spec", "f:template", "f:spec", "f:containers", 'k:{"name":"web"}', "f:image")
HELD: dict[str, Any] = {
    "f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"web"}': {"f:image": {}}}}}}
}


def target(min_ready_s: int = 1) -> AdoptedTarget:
    client: KubernetesClient = NOBODY
    place = Place(namespace="shop", deployment="web", container="web", min_ready_s=min_ready_s)
    return AdoptedTarget(client, place, model="digits", environment="production")


def deployment(*managers: tuple[str, str]) -> dict[str, Any]:
    entries = [{"manager": name, "operation": operation, "fieldsV1": HELD} for name, operation in managers]
    return {"metadata": {"managedFields": entries}}


def test_adopting_sends_no_field_by_which_a_pod_would_be_made_anew():
    sent = target().taken("shop:1")
    assert sent["spec"] == {
        "minReadySeconds": 1,
        "template": {"spec": {"containers": [{"name": "web", "image": "shop:1"}]}},
    }
    assert sent["metadata"]["annotations"] == {
        "ona.pipeline/model": "digits",
        "ona.pipeline/environment": "production",
        "ona.pipeline/adopted": "shop:1",
    }


def test_an_approval_binds_what_is_sent_and_nobody_is_asked_for_it():
    wanted = target().objects(change("r1"))
    assert wanted == target().objects(change("r1"))
    assert wanted != target().objects(change("r2"))
    assert wanted != target(min_ready_s=5).objects(change("r1"))


@pytest.mark.parametrize(
    ("managers", "declaring"),
    [
        ([("ona", "Apply")], ()),
        ([("kubectl-client-side-apply", "Update"), ("ona", "Apply")], ("kubectl-client-side-apply",)),
        ([("kustomize-controller", "Apply"), ("helm", "Update")], ("helm", "kustomize-controller")),
        ([("kubectl-create", "Update"), ("kubectl-set", "Update")], ()),
    ],
)
def test_who_keeps_to_a_file_would_set_the_image_again(
    managers: list[tuple[str, str]], declaring: tuple[str, ...]
):
    assert holders.declaring(deployment(*managers), IMAGE) == declaring
    assert target().declaring(deployment(*managers)) == declaring


def test_a_selector_is_asked_for_in_the_words_of_the_api():
    found = {
        "matchLabels": {"app": "shop"},
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["a", "b"]},
            {"key": "old", "operator": "DoesNotExist"},
            {"key": "team", "operator": "Exists"},
            {"key": "zone", "operator": "NotIn", "values": ["c"]},
        ],
    }
    assert selector(found) == "app=shop,tier in (a,b),!old,team,zone notin (c)"
