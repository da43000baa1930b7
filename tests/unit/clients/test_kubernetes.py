"""The Kubernetes client: every exception of its libraries becomes one of ours; objects have paths."""

import json
from pathlib import Path
from typing import Any

import pytest
import urllib3.exceptions
from kubernetes.client import ApiException
from kubernetes.config import ConfigException

from ona_pipeline.clients import kubernetes
from ona_pipeline.clients.kubernetes import connect
from ona_pipeline.clients.kubernetes_client import path_of, title
from ona_pipeline.clients.kubernetes_errors import RETRYABLE_STATUS, status_of, translated
from ona_pipeline.errors import BackendError, OnaError, UsageError


def answer(status: int, message: str = "said no", **details: Any) -> ApiException:
    error = ApiException(status=status, reason="No")
    error.body = json.dumps({"kind": "Status", "code": status, "message": message, "details": details})
    return error


def caught(error: Exception) -> OnaError:
    with pytest.raises(OnaError) as found, translated("apply Deployment digits", "the cluster at x"):
        raise error
    assert found.value.__cause__ is error
    return found.value


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 415, 422, 429, 500, 502, 503, 504])
def test_every_status_is_an_error_with_what_the_cluster_said(status: int):
    found = caught(answer(status))
    assert isinstance(found, BackendError)
    assert "could not apply Deployment digits: said no" in found.message
    assert found.retryable is (status in RETRYABLE_STATUS)


@pytest.mark.parametrize(
    ("error", "is_retryable"),
    [
        (urllib3.exceptions.NewConnectionError(None, "refused"), True),  # type: ignore[arg-type]
        (urllib3.exceptions.MaxRetryError(None, "/", None), True),  # type: ignore[arg-type]
        (urllib3.exceptions.ReadTimeoutError(None, "/", "slow"), True),  # type: ignore[arg-type]
        (urllib3.exceptions.ProtocolError("broken"), True),
        (ConnectionResetError("reset"), True),
        (ApiException(status=0, reason="SSLError\ncertificate has expired"), False),
        (ApiException(status=0, reason="SSLError\n[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred"), True),
    ],
)
def test_a_cluster_that_does_not_answer_is_an_error(error: Exception, is_retryable: bool):
    found = caught(error)
    assert isinstance(found, BackendError)
    assert found.retryable is is_retryable
    assert found.hint


def test_a_broken_kubeconfig_is_a_usage_error():
    assert isinstance(caught(ConfigException("Invalid kube-config file")), UsageError)


def test_a_conflict_names_the_field_and_who_holds_it():
    cause = {"reason": "FieldManagerConflict", "field": ".spec.replicas", "message": 'conflict with "hpa"'}
    found = caught(answer(409, causes=[cause]))
    assert '.spec.replicas: conflict with "hpa"' in found.message
    assert "force" in found.hint


def test_a_missing_namespace_has_its_own_remedy():
    assert "create namespace" in caught(answer(404, kind="namespaces")).hint


def test_an_answer_that_is_no_status_is_none():
    assert status_of("<html>bad gateway</html>") == {}
    assert status_of(None) == {}
    assert status_of("[]") == {}


def test_a_missing_kubeconfig_is_a_usage_error(tmp_path: Path):
    with pytest.raises(UsageError, match="there is no kubeconfig") as found:
        connect(kubeconfig=str(tmp_path / "none"))
    assert "KUBECONFIG" in found.value.hint


@pytest.fixture(name="in_a_pod")
def _in_a_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account, and no kubeconfig."""
    (tmp_path / "token").write_text("token")
    monkeypatch.setattr(kubernetes, "_IN_CLUSTER", tmp_path / "token")
    monkeypatch.setattr("kubernetes.config.load_incluster_config", lambda client_configuration: None)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("context", "own", "name"), [("", "", "in-cluster"), ("", "lab", "lab"), ("lab", "lab", "lab")]
)
@pytest.mark.usefixtures("in_a_pod")
def test_a_pod_knows_its_cluster_by_the_name_that_it_was_told(context: str, own: str, name: str):
    assert connect(context, own=own).context == name


@pytest.mark.parametrize("own", ["", "lab"])
@pytest.mark.usefixtures("in_a_pod")
def test_a_pod_takes_no_context_of_another_name_for_its_own_cluster(own: str):
    with pytest.raises(UsageError, match="there is no kubeconfig") as found:
        connect("other", own=own)
    assert "ONA_OWN_CONTEXT" in found.value.hint


@pytest.mark.parametrize(
    ("version", "kind", "namespace", "path"),
    [
        ("v1", "Service", "lab", "/api/v1/namespaces/lab/services/x"),
        ("apps/v1", "Deployment", "lab", "/apis/apps/v1/namespaces/lab/deployments/x"),
        (
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "lab",
            "/apis/networking.k8s.io/v1/namespaces/lab/networkpolicies/x",
        ),
        ("v1", "Namespace", None, "/api/v1/namespaces/x"),
    ],
)
def test_objects_have_their_paths(version: str, kind: str, namespace: str | None, path: str):
    metadata = {"name": "x"} | ({"namespace": namespace} if namespace else {})
    wanted = {"apiVersion": version, "kind": kind, "metadata": metadata}
    assert path_of(wanted) == path
    assert title(wanted) == f"{kind} {'lab/' if namespace else ''}x"
