"""A real Kubernetes cluster as a target, with pods that really misbehave."""

import copy
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from ona_pipeline.clients.inference import ask
from ona_pipeline.clients.kubernetes import connect
from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.rollout.kubernetes import KubernetesTarget
from ona_pipeline.rollout.objects import Place
from ona_pipeline.rollout.watch import Watch
from tests import stand_in
from tests.cluster import cluster, namespace
from tests.contract.target.contract import Harness, TargetContract

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]


def answering(address: str) -> str:
    place = address.removeprefix("http://")
    return ask(place, stand_in.MODEL, stand_in.QUESTION, timeout_s=5).release


@pytest.fixture(name="client", scope="module")
def _client() -> KubernetesClient:
    return cluster()


@pytest.fixture(name="home", scope="module")
def _home(client: KubernetesClient) -> Iterator[str]:
    with namespace(client) as name:
        yield name


@pytest.fixture(name="make")
def _make(client: KubernetesClient, home: str) -> Iterator[Callable[..., Harness]]:
    made: list[KubernetesTarget] = []

    def make(replicas: int) -> Harness:
        name = f"digits-{uuid4().hex[:5]}"
        place = Place(namespace=home, deployment=name, service="NodePort", replicas=replicas)
        target = KubernetesTarget(client, place)
        made.append(target)
        watch = Watch(target, clock=lambda: datetime.now(UTC), sleep=time.sleep, progress=lambda _: None)
        return Harness(target, stand_in.change, answering, watch)

    yield make
    for target in made:
        target.remove()


@pytest.fixture(name="harness")
def _harness(make: Callable[..., Harness]) -> Harness:
    return make(replicas=1)


class TestKubernetesTarget(TargetContract):
    """In a namespace of its own, under Pod Security "restricted"."""

    def test_every_pod_is_asked_and_the_service_last(self, make: Callable[..., Harness]):
        seen = make(replicas=2).serve("r1")
        assert seen.well, seen.sentence
        assert len(seen.instances) == 3
        assert [one.name for one in seen.instances][-1] == "service"
        assert len({one.name for one in seen.instances}) == 3


def test_two_names_of_one_cluster_lead_to_one_place_and_those_of_two_to_two(tmp_path: Path) -> None:
    config = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text())
    (known,) = config["contexts"]
    other = copy.deepcopy(config["clusters"][0])
    other["name"], other["cluster"]["server"] = "elsewhere", "https://127.0.0.1:1"
    config["clusters"].append(other)
    config["contexts"] += [
        {"name": "same", "context": known["context"]},
        {"name": "other", "context": known["context"] | {"cluster": "elsewhere"}},
    ]
    (tmp_path / "config").write_text(yaml.safe_dump(config))

    def target(context: str, namespace: str = "production") -> KubernetesTarget:
        place = Place(namespace=namespace, deployment="digits", service="NodePort")
        return KubernetesTarget(connect(context, str(tmp_path / "config")), place)

    one, same, elsewhere = target(known["name"]), target("same"), target("other")
    assert one.name != same.name
    assert one.place == same.place
    assert one.place not in {elsewhere.place, target("same", "staging").place}
