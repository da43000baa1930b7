"""Who may roll out, and what is said to whoever may not, or does not reach the cluster."""

from pathlib import Path
from uuid import uuid4

import pytest

from ona_pipeline.clients.kubernetes import connect
from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.errors import BackendError, RefusedError, UsageError
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.promotion import PromotionPhase
from ona_pipeline.rollout.guarded import GuardedTarget
from ona_pipeline.rollout.interface import Change, Condition, Serving, Terms
from ona_pipeline.rollout.kubernetes import KubernetesTarget
from ona_pipeline.rollout.objects import Place
from tests import stand_in
from tests.cluster import K8S, documents
from tests.integration.rollout.accounts import account, connected, kubeconfig, releaser_objects, token
from tests.integration.rollout.conftest import MakeTarget
from tests.integration.rollout.environment import NAME, Environment
from tests.integration.rollout.load import Load
from tests.integration.rollout.stage import rolled_out

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]


def place(home: str, name: str) -> Place:
    return Place(namespace=home, deployment=name, service="NodePort", replicas=1)


def test_the_role_is_enough_for_a_rollout_a_way_back_and_a_removal(
    client: KubernetesClient, home: str, tmp_path: Path
):
    for wanted in releaser_objects(home):
        client.apply(wanted)
    releaser = connected(tmp_path, {"token": token(client, home, "releaser")})
    target = KubernetesTarget(releaser, place(home, "digits-role"))
    good = stand_in.change("r1")
    assert rolled_out(target, good).verdict is Verdict.PASSED
    bad = rolled_out(target, stand_in.change("r2", "crash"), good, deadline_s=30)
    assert (bad.findings[0].code, bad.restored) == ("crash-loop", good.image)
    assert "found sha256:bbbb" in bad.findings[0].sentence
    target.remove()
    assert target.serving() is None


def test_without_rights_it_says_who_may_not_what_and_nothing_is_touched(
    client: KubernetesClient, home: str, tmp_path: Path
):
    account(client, home, "guest")
    guest = connected(tmp_path, {"token": token(client, home, "guest")})
    target = KubernetesTarget(guest, place(home, "digits-guest"))
    with pytest.raises(BackendError) as caught:
        target.apply(stand_in.change("r1"))
    assert f"system:serviceaccount:{home}:guest" in caught.value.message
    assert "cannot get resource" in caught.value.message
    assert "k8s/rbac" in caught.value.hint
    assert not caught.value.retryable
    assert KubernetesTarget(client, place(home, "digits-guest")).serving() is None


def every_right() -> list[tuple[str, str, str]]:
    """Group, resource and verb of each right of the Role without which a first rollout cannot be done."""
    (role,) = [one for one in documents(K8S / "rbac" / "releaser.yaml") if one["kind"] == "Role"]
    return [
        (rule["apiGroups"][0], resource, verb)
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if (resource, verb) not in NOT_NEEDED
    ]


# They tell more of a pod that is not well, or what a canary answered; a rollout goes without.
NOT_NEEDED = {("pods/log", "get"), ("events", "list"), ("pods/proxy", "get")}
SAMPLE = {("deployments", "patch"), ("networkpolicies", "delete"), ("pods/proxy", "create")}


@pytest.mark.parametrize(
    "right",
    [
        pytest.param(
            right, id=f"{right[2]} {right[1]}", marks=() if right[1:] in SAMPLE else pytest.mark.full
        )
        for right in every_right()
    ],
)
def test_each_right_that_is_taken_away_is_named_before_anything_is_touched(
    client: KubernetesClient, home: str, tmp_path: Path, right: tuple[str, str, str]
):
    group, resource, verb = right
    name = f"without-{uuid4().hex[:5]}"
    account(client, home, name)
    for wanted in releaser_objects(home, name=name, without=right):
        client.apply(wanted)
    whole = Place(namespace=home, deployment=f"digits-{name}", service="NodePort")
    target = KubernetesTarget(connected(tmp_path, {"token": token(client, home, name)}), whole)
    with pytest.raises(BackendError) as caught:
        target.apply(stand_in.change("r1"), terms(target, "r1"))
    assert f'cannot {verb} resource "{resource}" in API group "{group}"' in caught.value.message
    assert "k8s/rbac" in caught.value.hint
    assert (caught.value.exit_code, caught.value.retryable) == (4, False)
    assert KubernetesTarget(client, whole).serving() is None


@pytest.mark.full
def test_credentials_that_expire_in_the_middle_of_a_rollout_cost_nothing_and_it_is_gone_on_with(
    client: KubernetesClient, home: str, tmp_path: Path, make_target: MakeTarget
):
    mine = make_target()
    environment = Environment(mine, tmp_path, EnvironmentPolicy(approval="automatic", deadline="60s"))
    first = stand_in.change("r1", environment=NAME)
    live = environment.rolled_out(first)
    brief = account(client, home, "brief")
    for wanted in releaser_objects(home, name="brief"):
        client.apply(wanted)
    theirs = KubernetesTarget(connected(tmp_path, {"token": token(client, home, "brief")}), mine._place)

    class Expiring(GuardedTarget):
        def condition(self, change: Change) -> Condition:
            client.delete(brief)  # and with the account its token, within seconds
            return super().condition(change)

    environment.target = Expiring(theirs, guard=lambda: None)
    environment.target.name = mine.name
    with Load(environment.evidence(live).address, first) as load:
        with pytest.raises(BackendError, match="Unauthorized") as caught:
            environment.rolled_out(stand_in.change("r2", "never-ready", environment=NAME))
        assert (caught.value.exit_code, caught.value.retryable) == (4, False)
        assert "log in" in caught.value.hint
        assert "ona resume r2" in caught.value.hint
        left = environment.newest()
        assert (left.phase, "Unauthorized" in left.error) == (PromotionPhase.ROLLING_OUT, True)
        environment.target = mine
        with pytest.raises(RefusedError, match="not-ready"):
            environment.promotions().resume(left)
    assert load.failures == []
    assert environment.newest().phase is PromotionPhase.ROLLED_BACK
    environment.must_be_sound()


@pytest.mark.full
def test_three_bad_rollbacks_in_a_row_are_refused_one_by_one_and_what_serves_serves_on(
    client: KubernetesClient, home: str, tmp_path: Path, make_target: MakeTarget
):
    environment = Environment(
        make_target(), tmp_path, EnvironmentPolicy(approval="automatic", deadline="20s")
    )
    environment.rolled_out(stand_in.change("r1", environment=NAME))
    second = stand_in.change("r2", environment=NAME)
    live = environment.rolled_out(second)
    full = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "full", "namespace": home},
        "spec": {"hard": {"pods": "1"}},
    }
    with Load(environment.evidence(live).address, second) as load:
        load.wait_until_gone("r1")
        client.apply(full)
        for reason in ("one", "two", "three"):
            with pytest.raises(RefusedError, match="quota") as told:
                environment.promotions().roll_back("digits", NAME, to="r1", reason=reason)
            assert told.value.exit_code == 3
            assert environment.target.serving() == Serving(second.image, "r2")
    client.delete(full)
    assert load.failures == []
    assert environment.facts().count("rollback-refused") == 3
    assert environment.newest().phase is PromotionPhase.LIVE
    restored = environment.promotions().roll_back("digits", NAME, to="r1", reason="there is room")
    assert (restored.release, restored.phase) == ("r1", PromotionPhase.LIVE)
    environment.must_be_sound()


def test_a_namespace_that_is_not_there_is_named(client: KubernetesClient):
    target = KubernetesTarget(client, place("ona-test-nowhere", "digits"))
    with pytest.raises(BackendError, match='namespaces "ona-test-nowhere" not found') as caught:
        target.apply(stand_in.change("r1"))
    assert "kubectl create namespace" in caught.value.hint


def test_a_field_that_somebody_else_set_is_not_taken(client: KubernetesClient, make_target: MakeTarget):
    target = make_target()
    rolled_out(target, stand_in.change("r1"))
    path = f"/apis/apps/v1/namespaces/{target._place.namespace}/deployments/{target._place.deployment}"
    client._request(
        "PATCH",
        path,
        body={"spec": {"replicas": 2}},
        query={"fieldManager": "somebody"},
        kind="application/merge-patch+json",
    )
    with pytest.raises(BackendError, match=r"\.spec\.replicas.*somebody") as caught:
        target.apply(stand_in.change("r2"))
    assert not caught.value.retryable
    serving = target.serving()
    assert serving is not None
    assert serving.release == "r1"


def set_image(client: KubernetesClient, target: KubernetesTarget, image: str) -> None:
    """What `kubectl set image` sends."""
    path = f"/apis/apps/v1/namespaces/{target._place.namespace}/deployments/{target._place.deployment}"
    containers = [{"name": "model", "image": image}]
    client._request(
        "PATCH",
        path,
        body={"spec": {"template": {"spec": {"containers": containers}}}},
        query={"fieldManager": "kubectl-set"},
        kind="application/strategic-merge-patch+json",
    )


def terms(target: KubernetesTarget, release: str, *instead_of: str) -> Terms:
    return Terms(target.objects(stand_in.change(release)), frozenset(instead_of))


def test_an_image_that_another_hand_set_is_seen_and_left_alone_under_an_approval(
    client: KubernetesClient, make_target: MakeTarget
):
    target = make_target()
    target.apply(stand_in.change("r1"))
    set_image(client, target, "digits:latest")
    assert target.serving() == Serving("digits:latest", "r1")
    broken = target.apply(stand_in.change("r2"), terms(target, "r2", stand_in.change("r1").image))
    assert broken is not None
    assert (broken.code, "found digits:latest" in broken.sentence) == ("target-changed", True)
    assert target.serving() == Serving("digits:latest", "r1")


def test_an_image_that_another_hand_set_is_taken_back_where_that_was_approved(
    client: KubernetesClient, make_target: MakeTarget
):
    target = make_target()
    rolled_out(target, stand_in.change("r1"))
    set_image(client, target, stand_in.missing_image())
    assert target.apply(stand_in.change("r2"), terms(target, "r2", stand_in.missing_image())) is None
    assert target.serving() == Serving(stand_in.change("r2").image, "r2")
    assert rolled_out(target, stand_in.change("r2")).verdict is Verdict.PASSED


def test_another_hand_between_the_look_and_the_change_is_noticed(
    client: KubernetesClient, make_target: MakeTarget, monkeypatch: pytest.MonkeyPatch
):
    target = make_target()
    rolled_out(target, stand_in.change("r1"))
    looked = target._view.deployment
    hands = iter([lambda: set_image(client, target, "digits:latest")])

    def overtaken() -> object:
        found = looked()
        next(hands, lambda: None)()
        return found

    monkeypatch.setattr(target._view, "deployment", overtaken)
    broken = target.apply(stand_in.change("r2"), terms(target, "r2", stand_in.change("r1").image))
    assert broken is not None
    assert "found digits:latest" in broken.sentence
    assert target.serving() == Serving("digits:latest", "r1")


def test_expired_or_unknown_credentials_are_named(tmp_path: Path, home: str):
    target = KubernetesTarget(connected(tmp_path, {"token": "long-expired"}), place(home, "digits"))
    with pytest.raises(BackendError, match="Unauthorized") as caught:
        target.serving()
    assert "log in" in caught.value.hint
    assert not caught.value.retryable


def test_a_cluster_whose_certificate_is_not_trusted_is_named(tmp_path: Path, home: str):
    stranger = connected(tmp_path, {"token": "any"}, **{"certificate-authority": None})
    with pytest.raises(BackendError, match="is not trusted") as caught:
        KubernetesTarget(stranger, place(home, "digits")).serving()
    assert "certificate" in caught.value.hint
    assert not caught.value.retryable


def test_a_cluster_that_is_not_there_is_named(tmp_path: Path, home: str):
    nobody = connected(tmp_path, {"token": "any"}, server="https://127.0.0.1:1")
    with pytest.raises(BackendError, match=r"127\.0\.0\.1:1 is not there") as caught:
        KubernetesTarget(nobody, place(home, "digits")).serving()
    assert caught.value.retryable


def test_an_unknown_context_is_named_with_those_that_are_known(tmp_path: Path):
    path = kubeconfig(tmp_path, {"token": "any"})
    with pytest.raises(UsageError, match="no context 'prod'") as caught:
        connect("prod", str(path))
    assert "it" in caught.value.hint


def test_the_administrator_s_objects_are_taken_by_the_cluster(client: KubernetesClient, home: str):
    for wanted in [*documents(K8S / "rbac" / "namespace.yaml"), *releaser_objects(home)]:
        assert client.apply(wanted, dry_run=True)["metadata"]["name"] == wanted["metadata"]["name"]


def test_the_base_is_taken_by_the_cluster_without_a_warning(client: KubernetesClient, home: str):
    for path in sorted((K8S / "base").glob("*.yaml")):
        for wanted in documents(path):
            if wanted["kind"] == "Kustomization":
                continue
            wanted["metadata"]["namespace"] = home
            assert client.apply(wanted, dry_run=True)["kind"] == wanted["kind"]
