"""Kubeconfigs of other people: an account with the releaser's Role, one without rights, and broken ones."""

import json
from pathlib import Path
from typing import Any

import yaml

from ona_pipeline.clients.kubernetes import connect
from ona_pipeline.clients.kubernetes_client import KubernetesClient, library
from tests.cluster import K8S, documents


def releaser_objects(
    home: str, *, name: str = "releaser", without: tuple[str, str, str] = ("", "", "")
) -> list[dict[str, Any]]:
    """What `k8s/rbac/releaser.yaml` has, for the namespace `home`.

    Args:
        home: the namespace.
        name: of account, Role and binding.
        without: group, resource and verb of a right that is left out.
    """
    found = documents(K8S / "rbac" / "releaser.yaml")
    for wanted in found:
        wanted["metadata"] |= {"namespace": home, "name": name}
        for subject in wanted.get("subjects", []):
            subject |= {"namespace": home, "name": name}
        if "roleRef" in wanted:
            wanted["roleRef"]["name"] = name
        if "rules" in wanted:
            wanted["rules"] = [
                one for rule in wanted["rules"] for one in _single(rule) if _right(one) != without
            ]
    return found


def _single(rule: dict[str, Any]) -> list[dict[str, Any]]:
    """The same as rules of one right each."""
    (group,) = rule["apiGroups"]
    return [
        {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]


def _right(rule: dict[str, Any]) -> tuple[str, str, str]:
    return rule["apiGroups"][0], rule["resources"][0], rule["verbs"][0]


def account(client: KubernetesClient, home: str, name: str) -> dict[str, Any]:
    """A ServiceAccount without any Role."""
    wanted = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": home},
    }
    return client.apply(wanted)


def token(client: KubernetesClient, home: str, name: str) -> str:
    """A token of a ServiceAccount, good for ten minutes."""
    path = f"/api/v1/namespaces/{home}/serviceaccounts/{name}/token"
    body, _ = client.post(path, {"spec": {"expirationSeconds": 600}}, timeout_s=10)
    return str(json.loads(body)["status"]["token"])


def connected(folder: Path, user: dict[str, Any], **cluster: Any) -> KubernetesClient:
    """The same cluster, as somebody else; `cluster` overrides the kubeconfig, None leaves out."""
    return connect(kubeconfig=str(kubeconfig(folder, user, **cluster)))


def kubeconfig(folder: Path, user: dict[str, Any], **cluster: Any) -> Path:
    """A file for `connected`."""
    path = folder / "kubeconfig"
    found = {key: value for key, value in (_cluster() | cluster).items() if value is not None}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "it", "cluster": found}],
        "users": [{"name": "who", "user": user}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "who"}}],
        "current-context": "it",
    }
    path.write_text(yaml.safe_dump(content), "utf-8")
    return path


def _cluster() -> dict[str, Any]:
    loaded = library().config.new_client_from_config(persist_config=False).configuration
    return {"server": loaded.host, "certificate-authority": loaded.ssl_ca_cert}
