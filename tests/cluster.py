"""A namespace of a test's own in the real cluster, with Pod Security "restricted", removed afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from ona_pipeline.clients.kubernetes import connect
from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.errors import OnaError
from tests.backends import missing

K8S = Path(__file__).parents[1] / "k8s"
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


def cluster() -> KubernetesClient:
    """A cluster that answers."""
    try:
        client = connect()
        client.get("/version", "ask the cluster for its version")
    except OnaError as error:
        missing(error.message)
    return client


@contextmanager
def namespace(client: KubernetesClient) -> Iterator[str]:
    """Make one, and remove it with all that is in it."""
    name = f"ona-test-{uuid4().hex[:8]}"
    wanted = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": RESTRICTED}}
    client.apply(wanted)
    try:
        yield name
    finally:
        client.delete(wanted)


def install_sandbox(client: KubernetesClient, name: str) -> None:
    """Give a namespace what `k8s/install` gives the namespace of sandboxes."""
    for found in documents(K8S / "install" / "sandbox.yaml"):
        if found["kind"] != "Namespace":
            client.apply({**found, "metadata": {**found["metadata"], "namespace": name}})


def documents(path: Path) -> list[dict[str, Any]]:
    """The objects in a YAML file."""
    return [found for found in yaml.safe_load_all(path.read_text("utf-8")) if found]
