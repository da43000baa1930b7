"""A world on the lab's real parts; each test module has a namespace of its own."""

import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends import docker_engine, lab
from tests.e2e.world import World

RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"


@pytest.fixture(scope="module")
def namespace(addresses: dict[str, str]) -> Iterator[str]:
    """A namespace of Kubernetes under Pod Security "restricted", gone afterwards."""
    name = f"ona-e2e-{secrets.token_hex(3)}"
    kubectl("create", "namespace", name)
    kubectl("label", "namespace", name, RESTRICTED)
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="module")
def addresses() -> dict[str, str]:
    """Where the lab's parts are, as settings of `ona`. The runtime is made once for all tests.

    MLflow is set where a test is about it: each command tells it something, which takes seconds.
    """
    return {
        "ONA_IMAGE_REGISTRY": f"{lab('registry')}/ona-tests",
        "ONA_BASE": lab("base"),
    }


@pytest.fixture(scope="module")
def production_alone(
    tmp_path_factory: pytest.TempPathFactory, namespace: str, addresses: dict[str, str]
) -> Iterator[World]:
    """One project for a whole module, with production as the only environment."""
    folder = tmp_path_factory.mktemp("alone") / "project"
    made = World(folder, environment=addresses, namespace=namespace)
    made.given_a_project()
    made.set_production_alone()
    yield made
    kubectl("delete", "all", "--all", "--namespace", namespace, "--wait=true")


@pytest.fixture
def world(tmp_path: Path, namespace: str, addresses: dict[str, str]) -> Iterator[World]:
    """A committed digits model; whatever it started in the Docker engine is removed."""
    engine = docker_engine()
    made = World(tmp_path / "project", environment=addresses, namespace=namespace)
    made.given_a_project()
    yield made
    for container in engine.sdk.containers.list(
        all=True, filters={"label": f"ona.place={namespace}/digits/staging"}
    ):
        container.remove(force=True)
    kubectl("delete", "all", "--all", "--namespace", namespace, "--wait=true")


def kubectl(*arguments: str) -> str:
    """What kubectl says."""
    done = subprocess.run(["kubectl", *arguments], capture_output=True, text=True, check=True, timeout=120)
    return done.stdout
