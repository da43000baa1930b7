"""Rollouts that go wrong on a real cluster, while the version before is under load.

Of each: no request to the version before is lost, the cause has its name within five seconds of Kubernetes
knowing it, what served before is alone again in time, and the ledger has all of it.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import msgspec
import pytest

from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.promotion import PromotionPhase
from ona_pipeline.rollout import objects
from ona_pipeline.rollout.interface import Change, Terms
from ona_pipeline.rollout.kubernetes import KubernetesTarget
from ona_pipeline.rollout.objects import Place
from tests import serving_images, stand_in
from tests.integration.rollout.environment import NAME, Environment
from tests.integration.rollout.load import Load
from tests.integration.rollout.witness import Witness

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]
MANY, FEW = 20_000, 300
NAMED_WITHIN_S = 5.0
BACK_WITHIN_S = 10.0
ROUNDED_S = 1.0  # Kubernetes' own times are whole seconds


class Bad(NamedTuple):
    """One way to go wrong.

    Attributes:
        behaviour: of the image.
        cause: that it is to be named by.
        words: in the finding, a regular expression.
        base: pattern and replacement in the base objects of the bad change.
        quota: what the namespace may have meanwhile, in pods.
        deadline_s: of the environment.
        min_ready_s: likewise.
    """

    behaviour: str
    cause: str
    words: str
    base: tuple[str, str] | None = None
    quota: str = ""
    deadline_s: int = 20
    min_ready_s: int = 1


TOO_LARGE = (r'cpu: (100m|"1")', 'cpu: "900"')
FORBIDDEN = (r"capabilities: \{drop: \[ALL\]\}", "capabilities: {add: [NET_ADMIN]}")
LAST_WORDS = r"its last words: .*stand-in for r2-\w+: "
QUICK = {
    "crash loop": Bad("crash", "crash-loop", "model.skops: wanted digest sha256:aaaa, found sha256:bbbb"),
    "missing image": Bad("image-pull", "image-pull", "not found"),
    "image of another platform": Bad("other-platform", "wrong-platform", "no match for platform"),
    "admission refused": Bad("well", "admission", "PodSecurity", base=FORBIDDEN),
    "quota exceeded": Bad("well", "quota", "exceeded quota", quota="2"),
}
SLOW = {
    "unschedulable": Bad("well", "unschedulable", "Insufficient cpu", base=TOO_LARGE),
    "image for another machine": Bad("other-machine", "wrong-platform", "exec format error"),
    "never ready": Bad("never-ready", "not-ready", f"statuscode: 503.*{LAST_WORDS}never-ready"),
    "wrong port": Bad("wrong-port", "not-started", f"8080.*connection refused.*{LAST_WORDS}wrong-port"),
    "slow start": Bad("slow-start", "not-started", f"connection refused.*{LAST_WORDS}slow-start"),
    "readiness that flaps": Bad(
        "flaps", "not-ready", f"statuscode: 503.*{LAST_WORDS}flaps", deadline_s=40, min_ready_s=15
    ),
    "out of memory at load": Bad("out-of-memory", "out-of-memory", f"limit.*{LAST_WORDS}out-of-memory"),
}


@pytest.mark.parametrize("bad", QUICK.values(), ids=QUICK)
def test_the_version_before_serves_every_request(bad: Bad, given: "Given", measure: Callable[[str], None]):
    measure(given.tried(bad, requests=FEW))


@pytest.mark.full
@pytest.mark.parametrize("bad", (QUICK | SLOW).values(), ids=QUICK | SLOW)
def test_the_version_before_serves_each_of_twenty_thousand_requests(
    bad: Bad, given: "Given", measure: Callable[[str], None]
):
    measure(given.tried(bad, requests=MANY))


def test_a_wrong_answer_is_taken_back_at_once(given: "Given"):
    environment = given.environment_for(Bad("wrong-answer", "wrong-answer", "", deadline_s=60))
    _, evidence = environment.refused(given.change("wrong-answer"))
    assert [finding.code for finding in evidence.findings] == ["wrong-answer"]
    assert evidence.restored == given.good.image
    environment.lift_hold()


class Given:
    """A good version that serves, and what is around it."""

    def __init__(self, client: KubernetesClient, target: KubernetesTarget, folder: Path) -> None:
        self._client = client
        self._folder = folder
        self._place = target._place
        policy = EnvironmentPolicy(approval="automatic", deadline="60s")
        self.environment = Environment(target, folder, policy)
        self.good = serving_images.change("r1", environment=NAME)
        first = self.environment.rolled_out(self.good)
        self._address = self.environment.evidence(first).address

    def change(self, behaviour: str) -> Change:
        """A release that nobody tried yet."""
        return stand_in.change(f"r2-{uuid4().hex[:4]}", behaviour, environment=NAME)

    def tried(self, bad: Bad, *, requests: int) -> str:
        """Roll the bad change out over the good one under load; what was measured, for people."""
        environment = self.environment_for(bad)
        under_load = Load(self._address, self.good, at_least=requests)
        with self._quota(bad.quota), self._witness() as witness, under_load as load:
            began = time.monotonic()
            error, evidence = environment.refused(self.change(bad.behaviour))
            took_s = time.monotonic() - began
        _must_be_complete(environment)
        environment.lift_hold()
        assert load.failures == []
        assert load.releases["r1"] >= requests
        assert [finding.code for finding in evidence.findings] == [bad.cause], evidence.findings
        assert re.search(bad.words, evidence.findings[0].sentence), evidence.findings[0].sentence
        assert took_s <= bad.deadline_s + BACK_WITHIN_S
        assert evidence.restored == self.good.image
        assert f"serving again: {self.good.image}" in error.hint
        named_s = (environment.named_at(bad.cause) - witness.known_at()).total_seconds()
        assert named_s <= NAMED_WITHIN_S + ROUNDED_S
        named = f"{bad.cause}, named {named_s:.1f} s after Kubernetes knew"
        return f"{named}; back after {took_s:.1f} s, deadline {bad.deadline_s} s; {load}"

    def environment_for(self, bad: Bad) -> Environment:
        """Its policy, and its base objects, for this one change; nothing of them is applied yet."""
        self.environment.seen.clear()
        self.environment.policy = EnvironmentPolicy(
            approval="automatic", deadline=f"{bad.deadline_s}s", min_ready_s=bad.min_ready_s
        )
        pattern, replacement = bad.base or (r"\Z", "")
        for file in objects.base_folder().glob("*.yaml"):
            text = re.sub(pattern, replacement, file.read_text("utf-8"))
            (self._folder / file.name).write_text(text, "utf-8")
        place = msgspec.structs.replace(self._place, min_ready_s=bad.min_ready_s)
        self.environment.target = _PatchedTarget(self._client, place, self._folder, self.good)
        return self.environment

    def _witness(self) -> Witness:
        return Witness(self._client, self._place.namespace, self._place.deployment)

    @contextmanager
    def _quota(self, pods: str) -> Iterator[None]:
        metadata = {"name": "small", "namespace": self._place.namespace}
        wanted = {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": metadata,
            "spec": {"hard": {"pods": pods}},
        }
        if not pods:
            yield
            return
        self._client.apply(wanted)
        time.sleep(1)  # its controller counts what is there before it holds anyone to it
        try:
            yield
        finally:
            self._client.delete(wanted)


class _PatchedTarget(KubernetesTarget):
    """Sends patched objects, but not where it puts the good version back."""

    def __init__(self, client: KubernetesClient, place: Place, patched: Path, good: Change) -> None:
        super().__init__(client, place)
        self._bases = {good.release: self._base}
        self._patched = patched

    def objects(self, change: Change) -> Digest:
        self._base = self._bases.get(change.release, self._patched)
        return super().objects(change)

    def apply(self, change: Change, terms: Terms | None = None) -> Finding | None:
        self._base = self._bases.get(change.release, self._patched)
        return super().apply(change, terms)


@pytest.fixture(name="given", scope="module")
def _given(client: KubernetesClient, home: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Given]:
    place = Place(namespace=home, deployment="digits", service="NodePort", replicas=2)
    target = KubernetesTarget(client, place)
    yield Given(client, target, tmp_path_factory.mktemp("given"))
    target.remove()


@pytest.fixture(name="measure")
def _measure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    return lambda seen: record_property("rollout", seen)


def _must_be_complete(environment: Environment) -> None:
    """What was begun is written, and its end; the environment is on hold; the chain holds."""
    newest = environment.newest()
    assert newest.phase is PromotionPhase.ROLLED_BACK
    written = ["promotion-requested", "approved", "rollout-started", "rolled-back"]
    assert environment.facts(newest.id) == written
    assert environment.facts()[-1] == "held"
    environment.must_be_sound()
