"""One attempt to bring one model version out: the phases, the transition table, and the replay."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from ona_pipeline.records.actor import Actor
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.history import Dated, TransitionError
from ona_pipeline.records.release_facts import (
    ReleasePublished,
    ReleaseRequested,
    StageErrored,
    StagePassed,
    StageRefused,
    StageStarted,
)

STAGES = ("verify", "prepare", "validate", "build", "publish")


class ReleasePhase(StrEnum):
    """Where a release stands."""

    RUNNING = "running"
    ERRORED = "errored"
    REFUSED = "refused"
    PUBLISHED = "published"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self in {ReleasePhase.REFUSED, ReleasePhase.PUBLISHED}


TRANSITIONS: dict[tuple[ReleasePhase | None, type], ReleasePhase] = {
    (None, ReleaseRequested): ReleasePhase.RUNNING,
    (ReleasePhase.RUNNING, StageStarted): ReleasePhase.RUNNING,
    (ReleasePhase.RUNNING, StagePassed): ReleasePhase.RUNNING,
    (ReleasePhase.RUNNING, StageRefused): ReleasePhase.REFUSED,
    (ReleasePhase.RUNNING, StageErrored): ReleasePhase.ERRORED,
    (ReleasePhase.RUNNING, ReleasePublished): ReleasePhase.PUBLISHED,
    (ReleasePhase.ERRORED, StageStarted): ReleasePhase.RUNNING,
}


REJUDGED = ("verify", "validate")
"""The gates that may be asked anew about a published release, for a request; nothing is built for it."""


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a release: always what its facts add up to.

    Attributes:
        id: from commit to pod, such as ``digits-20261123-k7f3qa``.
        phase: where it stands.
        requested: the first fact.
        by: who asked.
        at: when.
        evidence: stage name to digest of its evidence, in the order of the road.
        verdicts: stage name to verdict.
        stage: the stage that was started last; empty before the first.
        error: what failed, when the phase is errored.
        changed_at: time of the last fact.
    """

    id: str
    phase: ReleasePhase
    requested: ReleaseRequested
    by: Actor
    at: datetime
    evidence: dict[str, Digest] = {}
    verdicts: dict[str, Verdict] = {}
    stage: str = ""
    error: str = ""
    changed_at: datetime

    @property
    def model(self) -> str:
        """The model's name."""
        return self.requested.model


def replay(release_id: str, events: Iterable[Dated]) -> Release | None:
    """The state that `events`, in the order in which they were written, add up to; None where there is none.

    Raises:
        TransitionError: an event is not in the table; such a ledger was not written by ona.
    """
    release: Release | None = None
    for event in events:
        release = follow(release_id, release, event)
    return release


def follow(release_id: str, release: Release | None, event: Dated) -> Release:
    """The state after one more event.

    Raises:
        TransitionError: the event is not in the table.
    """
    fact = event.fact
    phase = TRANSITIONS.get((release.phase if release else None, type(fact)))
    if phase and isinstance(fact, ReleaseRequested):
        return Release(
            id=release_id, phase=phase, requested=fact, by=event.actor, at=event.at, changed_at=event.at
        )
    if phase is None or release is None:
        found = release.phase if release else "nothing"
        raise TransitionError(f"release {release_id} is {found}: {type(fact).__name__} cannot follow")
    moved = msgspec.structs.replace(release, phase=phase, changed_at=event.at)
    return _noted(moved, fact)


def _noted(release: Release, fact: object) -> Release:
    match fact:
        case StageStarted(name):
            return msgspec.structs.replace(release, stage=name, error="")
        case StagePassed(name, evidence, verdict):
            return _judged(release, name, evidence, verdict)
        case StageRefused(name, evidence):
            return _judged(release, name, evidence, Verdict.REFUSED)
        case StageErrored(_, message):
            return msgspec.structs.replace(release, error=message)
    return release


def _judged(release: Release, stage: str, evidence: Digest, verdict: Verdict) -> Release:
    return msgspec.structs.replace(
        release,
        evidence={**release.evidence, stage: evidence},
        verdicts={**release.verdicts, stage: verdict},
    )
