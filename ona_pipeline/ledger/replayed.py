"""A judge of whole ledgers: are the events a history that ona can have written?

Each fact follows from the phase before it; a request binds what its release's evidence says; and whatever was
rolled out is, by digest, what was approved.
"""

from collections.abc import Iterable, Iterator
from typing import get_args

import msgspec

from ona_pipeline.records import promotion as promoting
from ona_pipeline.records import release as releasing
from ona_pipeline.records.binding import Binding
from ona_pipeline.records.canonical import decode
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.environment import EnvironmentFact
from ona_pipeline.records.event import Entry
from ona_pipeline.records.finding import Finding, Verdict, verdict_of
from ona_pipeline.records.history import TransitionError
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.promotion_facts import (
    Approved,
    CanaryJudged,
    PromotionRequested,
    RolledBack,
    RolledOut,
    Superseded,
)
from ona_pipeline.records.release import REJUDGED, Release, ReleasePhase
from ona_pipeline.records.release_facts import ReleaseFact

_COMPARED = (
    b'"stage":"publish"',
    b'"stage":"roll-out"',
    b'"stage":"canary"',
    *(b'"stage":"%s"' % stage.encode() for stage in REJUDGED),
)
# A set is asked in a third of the time of a union; a hundred thousand events are.
_RELEASE_FACTS = frozenset(get_args(ReleaseFact))
_ENVIRONMENT_FACTS = frozenset(get_args(EnvironmentFact))
Pairs = dict[str, tuple[object, object]]
"""What is compared: its name to what was wanted, and what was found."""


class _Seen(msgspec.Struct, frozen=True):
    """The part of evidence that a history is compared with; all of it would take longer to read."""

    stage: str
    subject: str
    image: str = ""
    objects: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def is_well(self) -> bool:
        return verdict_of(self.findings) is not Verdict.REFUSED


class Replay:
    """Replays every release and promotion, and compares them with the evidence.

    Attributes:
        promotions: as they stand after what was heard, by id.
    """

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}
        self._releases: dict[str, Release] = {}
        self.promotions: dict[str, Promotion] = {}

    def keeps(self, digest: Digest, content: bytes) -> None:
        """See `Judge.keeps`."""
        if any(stage in content for stage in _COMPARED):
            self._seen[digest] = decode(content, _Seen)

    def hears(self, entry: Entry, digest: Digest) -> Iterable[Finding]:
        """See `Judge.hears`."""
        del digest
        try:
            self._follow(entry)
        except TransitionError as error:
            return (Finding("event-cannot-follow", f"event {entry.sequence}", error.message),)
        match entry.fact:
            case PromotionRequested(binding=binding):
                return _differences("binding-not-evidence", entry, self._as_released(binding))
            case Approved():
                return _differences("decision-not-allowed", entry, self._as_judged(entry.subject))
            case CanaryJudged(evidence, verdict):
                return _differences("rollout-not-approved", entry, self._as_tried(entry, evidence, verdict))
            case Superseded():
                return _differences("event-cannot-follow", entry, self._as_left(entry))
            case RolledOut(evidence):
                return _differences("rollout-not-approved", entry, self._as_approved(entry, evidence))
            case RolledBack(evidence, to):
                return _differences("rollout-not-approved", entry, self._as_before(entry, evidence, to))
        return ()

    def rests(self) -> tuple[Finding, ...]:
        """See `Judge.rests`."""
        return ()

    def _follow(self, entry: Entry) -> None:
        subject, kind = entry.subject, type(entry.fact)
        if kind in _RELEASE_FACTS:
            self._releases[subject] = releasing.follow(subject, self._releases.get(subject), entry)
        elif kind not in _ENVIRONMENT_FACTS:
            self.promotions[subject] = promoting.follow(subject, self.promotions.get(subject), entry)

    def _as_released(self, binding: Binding) -> Pairs:
        release = self._releases.get(binding.release)
        if release is None or release.phase is not ReleasePhase.PUBLISHED:
            return {"release": (ReleasePhase.PUBLISHED, release.phase if release else "no such release")}
        published = self._found("publish", binding.evidence.get("publish", ""))
        if published is None:
            return {"evidence": ("that of publishing", "none")}
        return {
            "evidence": (release.evidence | self._anew(binding, published.subject), binding.evidence),
            "image": (published.image, binding.image),
            "model": (published.subject, binding.model),
        }

    def _anew(self, binding: Binding, model: str) -> dict[str, Digest]:
        """What gates that were asked anew said of the same model."""
        said = {stage: self._found(stage, binding.evidence.get(stage, "")) for stage in REJUDGED}
        mine = [stage for stage, seen in said.items() if seen and seen.subject == model]
        return {stage: binding.evidence[stage] for stage in mine}

    def _as_judged(self, subject: str) -> Pairs:
        """A decision is not about what a gate refused."""
        binding = self.promotions[subject].binding
        said = {stage: self._found(stage, binding.evidence.get(stage, "")) for stage in REJUDGED}
        return {stage: ("no refusal", "one") for stage, seen in said.items() if seen and not seen.is_well}

    def _found(self, stage: str, digest: str) -> _Seen | None:
        seen = self._seen.get(digest)
        return seen if seen and seen.stage == stage else None

    def _as_approved(self, entry: Entry, evidence: Digest) -> Pairs:
        seen, approved = self._found("roll-out", evidence), self.promotions[entry.subject].binding
        if seen is None:
            return {"evidence": ("that of a rollout", "none")}
        canary = self.promotions[entry.subject].canary
        may_follow = canary is None or canary.lets_go_on
        return {
            "image": (approved.image, seen.image),
            "objects": (approved.objects, seen.objects),
            "canary": ("passed, or waived", "passed, or waived" if may_follow else "not judged"),
            "rollout": ("well", "well" if seen.is_well else "not well"),
        }

    def _as_tried(self, entry: Entry, evidence: Digest, verdict: Verdict) -> Pairs:
        """A canary serves what was approved, and its verdict is that of what was found."""
        seen, approved = self._found("canary", evidence), self.promotions[entry.subject].binding
        if seen is None:
            return {"evidence": ("that of a canary", "none")}
        return {"image": (approved.image, seen.image), "canary": (verdict, verdict_of(seen.findings))}

    def _as_left(self, entry: Entry) -> Pairs:
        """What was begun is superseded only where its canary could not be judged."""
        promotion = self.promotions[entry.subject]
        is_left = not promotion.place or (promotion.canary and not promotion.canary.lets_go_on)
        return {"canary": ("one that waits", "one that waits" if is_left else "none")}

    def _as_before(self, entry: Entry, evidence: Digest, to: str) -> Pairs:
        """A rollout that was not well is the promotion's own; one that was, that of what serves again."""
        seen = self._found("roll-out", evidence) or self._found("canary", evidence)
        if seen is None:
            return {"evidence": ("that of a rollout", "none")}
        if seen.stage == "canary" and seen.is_well:
            return {"canary": ("not well", "well")}
        served = self.promotions.get(to if seen.is_well else entry.subject)
        return {"image": (served.binding.image if served else "one that was approved", seen.image)}


def _differences(code: str, entry: Entry, pairs: Pairs) -> Iterator[Finding]:
    for name, (wanted, found) in pairs.items():
        if wanted != found:
            sentence = f"{entry.subject}: {name}: wanted {wanted}, found {found}"
            yield Finding(code, f"event {entry.sequence}", sentence)
