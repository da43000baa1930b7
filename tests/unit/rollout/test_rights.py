"""What may be done in a namespace, read off the API server's own list."""

import json
from typing import Any, cast

import pytest

from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.errors import BackendError
from ona_pipeline.rollout.rights import ASKING, Right, must_be_held, to_apply

WANTED = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "digits", "namespace": "shop"}}
PATCH = Right("patch", "apps", "deployments", "digits")


class Cluster:
    """Answers what its account may do."""

    context = "lab"

    def __init__(self, *rules: dict[str, Any], incomplete: bool = False) -> None:
        self._status = {"resourceRules": list(rules), "incomplete": incomplete}

    def post(self, path: str, body: dict[str, Any], *, timeout_s: float) -> tuple[bytes, dict[str, str]]:
        assert path.endswith("/selfsubjectrulesreviews")
        assert (body["spec"], timeout_s > 0) == ({"namespace": "shop"}, True)
        return json.dumps({"status": self._status}).encode(), {}


def rule(group: str, resource: str, verb: str, *names: str) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": [resource], "verbs": [verb], "resourceNames": list(names)}


def asked(cluster: Cluster, *needed: Right) -> None:
    must_be_held(cast("KubernetesClient", cluster), "shop", needed)


@pytest.mark.parametrize(
    "granted",
    [
        rule("apps", "deployments", "patch"),
        rule("apps", "deployments", "patch", "digits"),
        rule("*", "*", "*"),
    ],
)
def test_a_right_is_held_by_name_by_kind_or_by_a_star(granted: dict[str, Any]):
    asked(Cluster(granted), PATCH)


@pytest.mark.parametrize(
    "granted",
    [
        rule("", "deployments", "patch"),
        rule("apps", "deployments", "get"),
        rule("apps", "deployments", "patch", "letters"),
        rule("apps", "deployments/scale", "patch"),
    ],
)
def test_a_right_on_something_else_is_none(granted: dict[str, Any]):
    with pytest.raises(BackendError, match='cannot patch resource "deployments" in API group "apps"') as told:
        asked(Cluster(granted), PATCH)
    assert "lab: this account" in told.value.message
    assert "in namespace shop" in told.value.message
    assert not told.value.retryable


def test_everything_that_is_missing_is_named_at_once():
    with pytest.raises(BackendError) as told:
        asked(Cluster(rule("", "pods", "list")), *ASKING)
    assert 'cannot create resource "pods/proxy"' in told.value.message
    assert 'cannot create resource "services/proxy"' in told.value.message
    assert '"pods" in' not in told.value.message


def test_a_star_may_stand_for_the_resource_of_a_subresource():
    asked(Cluster(rule("", "*/proxy", "create"), rule("", "pods", "list")), *ASKING)


def test_an_authorizer_that_cannot_list_what_it_lets_through_is_not_doubted():
    asked(Cluster(incomplete=True), PATCH)


def test_taking_away_is_needed_only_where_nothing_serves_yet():
    assert to_apply([WANTED], is_first=False) == (PATCH,)
    assert [one.verb for one in to_apply([WANTED], is_first=True)] == ["patch", "create", "get", "delete"]
