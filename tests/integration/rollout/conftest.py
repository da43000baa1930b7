"""A cluster, a namespace for each module, and targets in it that are removed after each test."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.rollout.kubernetes import KubernetesTarget
from ona_pipeline.rollout.objects import Place
from tests.cluster import cluster, namespace

MakeTarget = Callable[..., KubernetesTarget]


@pytest.fixture(scope="module")
def client() -> KubernetesClient:
    return cluster()


@pytest.fixture(scope="module")
def home(client: KubernetesClient) -> Iterator[str]:
    with namespace(client) as name:
        yield name


@pytest.fixture
def make_target(client: KubernetesClient, home: str) -> Iterator[MakeTarget]:
    made: list[KubernetesTarget] = []

    def make(replicas: int = 1) -> KubernetesTarget:
        name = f"digits-{uuid4().hex[:5]}"
        place = Place(namespace=home, deployment=name, service="NodePort", replicas=replicas)
        made.append(KubernetesTarget(client, place))
        return made[-1]

    yield make
    for target in made:
        target.remove()
