"""Runs a stage between two facts: written before every outside effect, and after every answer."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from ona_pipeline.errors import BackendError, RefusedError, UsageError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.ledger.lease import Lease
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.canonical import decode, encode
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import Evidence
from ona_pipeline.records.finding import Severity, Verdict
from ona_pipeline.records.release import Release
from ona_pipeline.records.release_facts import (
    ReleaseFact,
    ReleasePublished,
    StageErrored,
    StagePassed,
    StageRefused,
    StageStarted,
)
from ona_pipeline.records.waiver import Waiver, waive
from ona_pipeline.watcher import Watcher

E = TypeVar("E", bound=Evidence)


class Journal:
    """One release's pen.

    Args:
        release: whose facts are written.
        lease: on the release; nothing is written once somebody else has it.
        ledger: where.
        actor: in whose name.
        watcher: who is told.
    """

    def __init__(
        self, release: Release, *, lease: Lease, ledger: Ledger, actor: Actor, watcher: Watcher
    ) -> None:
        self._id = release.id
        self._model = release.model
        self._known = release.evidence
        self._lease = lease
        self._ledger = ledger
        self._actor = actor
        self._watcher = watcher

    def stage(
        self,
        name: str,
        kind: type[E],
        work: Callable[[], E],
        *,
        waivers: Callable[[], tuple[Waiver, ...]] = tuple,
    ) -> E:
        """The evidence of a stage: from the ledger where it stands already, else by doing the work.

        Args:
            name: of the stage.
            kind: of its evidence.
            work: reaches the verdict.
            waivers: those that its refusals may be covered by; none where the gate's word stands.

        Raises:
            RefusedError: the gate says no; its evidence is in the ledger.
            LeaseLostError: another process went on with the release.
            BackendError: no verdict was reached; that is in the ledger too.
            UsageError: a setting that the stage needs is missing or wrong; that is in the ledger too.
        """
        if name in self._known:
            with self._ledger.reading() as reading:
                return decode(reading.evidence(self._known[name]), kind)
        self._watcher.begins(name)
        self._write(StageStarted(name))
        judged = self._worked(name, work)
        waiving = waive(judged.findings, waivers())
        evidence = msgspec.structs.replace(judged, findings=waiving.findings)
        self._record(name, evidence, waiving.used)
        self._watcher.ends(name, evidence)
        if evidence.verdict is Verdict.REFUSED:
            raise _refusal(self._id, name, evidence)
        return evidence

    def published(self) -> Release:
        """Write that every stage passed."""
        self._write(ReleasePublished())
        with self._ledger.reading() as reading:
            return histories.release(reading, self._id)

    def _worked(self, name: str, work: Callable[[], E]) -> E:
        try:
            return work()
        except BaseException as error:
            self._watcher.breaks_off(name)
            if isinstance(error, BackendError | UsageError):
                self._write_errored(name, error)
            raise

    def _write_errored(self, name: str, error: BackendError | UsageError) -> None:
        is_retryable = isinstance(error, BackendError) and error.retryable
        self._write(StageErrored(name, error.message, is_retryable))
        error.hint = f"{error.hint}; then: ona resume {self._id}".removeprefix("; ")

    def _record(self, name: str, evidence: Evidence, waivers: tuple[Digest, ...]) -> None:
        with self._ledger.writing(self._lease) as writing:
            digest = writing.keep(encode(evidence))
            if evidence.verdict is Verdict.REFUSED:
                fact: ReleaseFact = StageRefused(name, digest)
            else:
                fact = StagePassed(name, digest, evidence.verdict, waivers)
            writing.append(fact, model=self._model, subject=self._id, actor=self._actor)

    def _write(self, fact: ReleaseFact) -> None:
        with self._ledger.writing(self._lease) as writing:
            writing.append(fact, model=self._model, subject=self._id, actor=self._actor)


def _refusal(release: str, stage: str, evidence: Evidence) -> RefusedError:
    refusals = [finding for finding in evidence.findings if finding.severity is Severity.REFUSAL]
    lines = "".join(f"\n  {f.code}: {f.subject}: {f.sentence}" for f in refusals)
    hint = next((finding.hint for finding in refusals if finding.hint), f"look deeper: ona show {release}")
    return RefusedError(f"{stage} refused {release}:{lines}", hint=hint)
