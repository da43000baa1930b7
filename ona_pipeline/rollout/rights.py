"""What whoever rolls out may do in a namespace: asked before a target is touched, not found out half-way.

Source:
    Kubernetes API reference, SelfSubjectRulesReview; "Using RBAC Authorization", referring to resources.
"""

import json
from collections.abc import Iterable
from typing import NamedTuple

from ona_pipeline.clients.kubernetes_client import KubernetesClient, path_of
from ona_pipeline.clients.kubernetes_errors import translated
from ona_pipeline.errors import BackendError
from ona_pipeline.rollout.objects import Object

_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
_TIMEOUT_S = 10.0
_HINT = "whoever rolls out needs the role in k8s/rbac/; an administrator of the namespace can grant it"


class Right(NamedTuple):
    """One verb on one kind of resource; with a name where it is about one object."""

    verb: str
    group: str
    resource: str
    name: str = ""

    def __str__(self) -> str:
        """As the API server says it."""
        return f'{self.verb} resource "{self.resource}" in API group "{self.group}"'


ASKING = (
    Right("list", "", "pods"),
    Right("create", "", "pods/proxy"),
    Right("create", "", "services/proxy"),
)
"""What it takes to see how pods are, and to ask them and the Service."""


def to_apply(wanted: Iterable[Object], *, is_first: bool) -> tuple[Right, ...]:
    """What it takes to apply objects and, where nothing serves yet, to take them away again."""
    verbs = ("patch", "create", "get", "delete") if is_first else ("patch",)
    return tuple(_right(verb, one) for one in wanted for verb in verbs)


def must_be_held(client: KubernetesClient, namespace: str, needed: Iterable[Right]) -> None:
    """Ask once what may be done, and name what may not.

    An authorizer that cannot list what it lets through is not doubted: then each request tells.

    Raises:
        BackendError: a right is missing, or the cluster is not there.
    """
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    with translated("ask what this account may do", client.context):
        answer, _ = client.post(_REVIEW, body, timeout_s=_TIMEOUT_S)
    status = json.loads(answer).get("status") or {}
    rules = status.get("resourceRules") or []
    missing = [str(right) for right in needed if not any(_grants(rule, right) for rule in rules)]
    if missing and not status.get("incomplete"):
        sentence = (
            f"{client.context}: this account cannot {', cannot '.join(missing)} in namespace {namespace}"
        )
        raise BackendError(sentence, hint=_HINT)


def _right(verb: str, wanted: Object) -> Right:
    group = wanted["apiVersion"].rpartition("/")[0]
    name = "" if verb == "create" else wanted["metadata"]["name"]
    return Right(verb, group, path_of(wanted).rsplit("/", 2)[1], name)


def _grants(rule: Object, right: Right) -> bool:
    names = rule.get("resourceNames") or []
    subresource = right.resource.partition("/")[2]
    resources = {"*", right.resource} | ({f"*/{subresource}"} if subresource else set())
    return (
        bool({"*", right.verb} & set(rule.get("verbs") or []))
        and bool({"*", right.group} & set(rule.get("apiGroups") or []))
        and bool(resources & set(rule.get("resources") or []))
        and (not names or right.name in names)
    )
