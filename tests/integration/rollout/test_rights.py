"""Who may roll out, and what is said to whoever may not, or does not reach the cluster."""

from pathlib import Path

import pytest

from ona_pipeline.clients.kubernetes import connect
from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.errors import BackendError, UsageError
from ona_pipeline.records.finding import Verdict
from ona_pipeline.rollout.kubernetes import KubernetesTarget
from ona_pipeline.rollout.objects import Place
from tests import stand_in
from tests.cluster import K8S, documents
from tests.integration.rollout.accounts import account, connected, kubeconfig, releaser_objects, token
from tests.integration.rollout.conftest import MakeTarget
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
    assert "cannot patch resource" in caught.value.message
    assert "k8s/rbac" in caught.value.hint
    assert not caught.value.retryable
    assert KubernetesTarget(client, place(home, "digits-guest")).serving() is None


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


def test_an_image_that_somebody_set_by_a_tag_is_said(client: KubernetesClient, make_target: MakeTarget):
    target = make_target()
    target.apply(stand_in.change("r1"))
    path = f"/apis/apps/v1/namespaces/{target._place.namespace}/deployments/{target._place.deployment}"
    client._request(
        "PATCH",
        path,
        body=[{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "digits:latest"}],
        kind="application/json-patch+json",
    )
    with pytest.raises(BackendError, match=r"changed outside ona.*digits:latest"):
        target.serving()


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
