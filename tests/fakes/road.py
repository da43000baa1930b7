"""The road with stages that a test can have refuse, doubt or fail."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ona_pipeline.errors import UsageError
from ona_pipeline.pipeline import Road
from ona_pipeline.policy import DEFAULT_ENVIRONMENTS, Policy
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import PublishEvidence
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.quality import Proof
from ona_pipeline.records.question import Question
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot
from tests.fakes import stages
from tests.fakes.releases import DOUBT

RUNTIME = PinnedReference.of("registry/runtime", Digest.of(b"runtime"))


class FakeRoad:
    """Stages that pass, but for those that a test makes refuse or fail."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.called: list[str] = []
        self.failing: dict[str, BaseException] = {}
        self.meanwhile: dict[str, Callable[[], None]] = {}
        self.proofs: tuple[Proof, ...] = ()
        self.untargeted: set[str] = set()
        self.refusing: set[str] = set()
        self.refusals: tuple[Finding, ...] = (stages.REFUSAL,)
        self.policy = Policy(environments=DEFAULT_ENVIRONMENTS)
        self.doubting: set[str] = set()

    def road(self) -> Road:
        return Road(
            policy=lambda commit: (commit or "trusted", self.policy),
            targeted=self._targeted,
            snapshot=self._snapshot,
            verify=self._stage("verify", self._integrity),
            admitted=self._admitted,
            prepare=self._stage("prepare", lambda: stages.prepared(self.snapshot, RUNTIME)),
            validate=self._stage("validate", self._validated),
            prove=self._stage("prove", lambda: self.proofs),
            repository=lambda model: f"registry/{model}",
            build=self._stage("build", lambda: stages.built(self.snapshot, "registry/digits", b"{}")),
            publish=self._stage("publish", self._published),
        )

    @contextmanager
    def _snapshot(self, model: str, revision: str, commit: str) -> Iterator[Snapshot]:
        if model != "digits":
            raise UsageError(f"no model {model!r}")
        yield self.snapshot

    def _stage(self, name: str, evidence: Callable[[], Any]) -> Callable[..., Any]:
        def stage(*_: object) -> Any:
            self.called.append(name)
            self.meanwhile.get(name, lambda: None)()
            if name in self.failing:
                raise self.failing.pop(name)
            return evidence()

        return stage

    def _targeted(self, environment: str) -> None:
        if environment in self.untargeted:
            raise UsageError(f"environment {environment!r} has no target")

    def _admitted(self, model: str) -> None:
        if "admitted" in self.failing:
            raise self.failing.pop("admitted")

    def _integrity(self) -> Any:
        findings = self.refusals if "verify" in self.refusing else ()
        return stages.integrity(self.snapshot, *findings)

    def _validated(self) -> Any:
        findings = self.refusals if "validate" in self.refusing else ()
        doubts = [DOUBT] if "validate" in self.doubting else []
        return stages.validated(self.snapshot, *doubts, *findings)

    def _published(self) -> PublishEvidence:
        built = stages.built(self.snapshot, "registry/digits", b"{}")
        return PublishEvidence(
            **stages.dated(self.snapshot),
            image=built.reference,
            tag="today",
            question=Question((), {}),
            answer={},
            start_s=1.0,
        )
