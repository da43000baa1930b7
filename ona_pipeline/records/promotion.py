"""One release going to one environment: the phases, the transition table, and the replay."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from ona_pipeline.records import endorsements
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.binding import Binding
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.endorsements import Endorsement
from ona_pipeline.records.history import Dated, TransitionError
from ona_pipeline.records.promotion_facts import (
    Approved,
    CanaryJudged,
    Deferred,
    Endorsed,
    Expired,
    PromotionRequested,
    Rejected,
    Replaced,
    Restored,
    RolledBack,
    RolledOut,
    RolloutErrored,
    RolloutStarted,
    Superseded,
    Unendorsed,
    Voided,
    Withdrawn,
)


class PromotionPhase(StrEnum):
    """Where a promotion stands."""

    AWAITING = "awaiting approval"
    IN_LINE = "in line"
    APPROVED = "approved"
    ROLLING_OUT = "rolling out"
    LIVE = "live"
    REPLACED = "replaced"
    ROLLED_BACK = "rolled back"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    VOID = "void"

    @property
    def is_open(self) -> bool:
        """Whether somebody, or a process, has still something to do for it."""
        return self in _OPEN


_P = PromotionPhase
_OPEN = frozenset({_P.AWAITING, _P.IN_LINE, _P.APPROVED, _P.ROLLING_OUT})
TRANSITIONS: dict[tuple[PromotionPhase | None, type], PromotionPhase] = {
    (None, PromotionRequested): _P.AWAITING,
    (_P.AWAITING, Endorsed): _P.AWAITING,
    (_P.AWAITING, Unendorsed): _P.AWAITING,
    (_P.AWAITING, Approved): _P.APPROVED,
    (_P.AWAITING, Rejected): _P.REJECTED,
    (_P.AWAITING, Withdrawn): _P.WITHDRAWN,
    (_P.AWAITING, Superseded): _P.SUPERSEDED,
    (_P.AWAITING, Deferred): _P.IN_LINE,
    (_P.AWAITING, Expired): _P.EXPIRED,
    (_P.AWAITING, Voided): _P.VOID,
    (_P.IN_LINE, Withdrawn): _P.WITHDRAWN,
    (_P.IN_LINE, Superseded): _P.SUPERSEDED,
    (_P.IN_LINE, Expired): _P.EXPIRED,
    (_P.IN_LINE, Voided): _P.VOID,
    (_P.APPROVED, Withdrawn): _P.WITHDRAWN,
    (_P.APPROVED, Superseded): _P.SUPERSEDED,
    (_P.APPROVED, Expired): _P.EXPIRED,
    (_P.APPROVED, Voided): _P.VOID,
    (_P.APPROVED, RolloutStarted): _P.ROLLING_OUT,
    (_P.ROLLING_OUT, RolloutStarted): _P.ROLLING_OUT,
    (_P.ROLLING_OUT, RolloutErrored): _P.ROLLING_OUT,
    (_P.ROLLING_OUT, CanaryJudged): _P.ROLLING_OUT,
    (_P.ROLLING_OUT, Superseded): _P.SUPERSEDED,
    (_P.ROLLING_OUT, RolledOut): _P.LIVE,
    (_P.ROLLING_OUT, RolledBack): _P.ROLLED_BACK,
    (_P.LIVE, Replaced): _P.REPLACED,
    (_P.LIVE, RolledBack): _P.ROLLED_BACK,
    (_P.REPLACED, Restored): _P.LIVE,
    (_P.ROLLED_BACK, Restored): _P.LIVE,
}


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a promotion: always what its facts add up to.

    Attributes:
        id: release, environment and attempt: ``digits-20261123-k7f3qa.production.1``.
        phase: where it stands.
        requested: the first fact, with the binding.
        by: who asked, or in whose name a process did.
        at: when.
        endorsements: who said yes before the deciding one, in that order.
        decision: the approval or rejection.
        decided_by: whose.
        decided_at: when.
        place: what the target is that it was begun on, by whatever name; empty before.
        canary: what its canary came to, where it has one.
        rollout: digest of the last rollout evidence; of its canary's, where that was taken back.
        live_at: when it last became live.
        live_order: place in the ledger of the event by which it did; clocks may be wrong. 0: it never was.
        reason: the decision's words, or why it ended otherwise than live: what changed, what took its place.
        error: what failed while rolling out.
        changed_at: time of the last fact.
    """

    id: str
    phase: PromotionPhase
    requested: PromotionRequested
    by: Actor
    at: datetime
    endorsements: tuple[Endorsement, ...] = ()
    decision: Approved | Rejected | None = None
    decided_by: Actor | None = None
    decided_at: datetime | None = None
    place: str = ""
    canary: CanaryJudged | None = None
    rollout: Digest | None = None
    live_at: datetime | None = None
    live_order: int = 0
    reason: str = ""
    error: str = ""
    changed_at: datetime

    @property
    def binding(self) -> Binding:
        """What a decision covers."""
        return self.requested.binding

    @property
    def release(self) -> str:
        """The release id."""
        return self.binding.release

    @property
    def is_under_way(self) -> bool:
        """Whether a process, and no person, has something to do for it."""
        return self.phase in {PromotionPhase.APPROVED, PromotionPhase.ROLLING_OUT}

    @property
    def is_in_line(self) -> bool:
        """Whether another one goes first."""
        return self.phase is PromotionPhase.IN_LINE

    @property
    def has_undecided_canary(self) -> bool:
        """Whether all that serves of it is a canary that waits for more requests, or a person's word."""
        is_open = self.phase is PromotionPhase.ROLLING_OUT
        return is_open and self.canary is not None and not self.canary.lets_go_on

    @property
    def has_a_persons_word(self) -> bool:
        """Whether a person asked for it, or said yes to it; automation gives way to that."""
        return self.word_of.is_person

    @property
    def word_of(self) -> Actor:
        """The person who asked for it, or first said yes to it; else whatever asked."""
        said = (self.by, *(one.by for one in self.endorsements), self.decided_by)
        return next((actor for actor in said if actor and actor.is_person), self.by)

    @property
    def expires(self) -> str:
        """Until when it can be decided, for people."""
        return f"{self.requested.expires_at:%Y-%m-%d %H:%M} UTC"

    @property
    def approval_reason(self) -> str:
        """The approver's words; empty where there are none."""
        return self.decision.reason if isinstance(self.decision, Approved) else ""

    @property
    def is_self_approved(self) -> bool:
        """Whether the requester said yes too."""
        return isinstance(self.decision, Approved) and self.decision.self_approved

    @property
    def said_yes(self) -> str:
        """Who said yes so far, of how many, for people; empty where one is enough."""
        if self.requested.quorum < 2:  # noqa: PLR2004
            return ""
        names = ", ".join(said.who for said in self.endorsements) or "nobody yet"
        return f"{len(self.endorsements)} of {self.requested.quorum} said yes: {names}"

    @property
    def by_whose_word(self) -> str:
        """Everyone who said yes, in that order, for people; empty where nobody did."""
        everyone = [*(said.by for said in self.endorsements), *([self.decided_by] if self.decided_by else [])]
        return ", ".join(actor.name for actor in everyone)

    @property
    def environment(self) -> str:
        """Where it goes."""
        return self.binding.environment

    @property
    def model(self) -> str:
        """The model's name."""
        return self.requested.model


def replay(promotion_id: str, events: Iterable[Dated]) -> Promotion | None:
    """The state that `events`, in the order in which they were written, add up to; None where there is none.

    Raises:
        TransitionError: an event is not in the table, or a decision is about another binding.
    """
    promotion: Promotion | None = None
    for event in events:
        promotion = follow(promotion_id, promotion, event)
    return promotion


def follow(promotion_id: str, promotion: Promotion | None, event: Dated) -> Promotion:
    """The state after one more event.

    Raises:
        TransitionError: the event is not in the table, or a decision is about another binding.
    """
    fact = event.fact
    phase = TRANSITIONS.get((promotion.phase if promotion else None, type(fact)))
    if phase and isinstance(fact, PromotionRequested):
        by = fact.requester or event.actor
        return Promotion(
            id=promotion_id, phase=phase, requested=fact, by=by, at=event.at, changed_at=event.at
        )
    if phase is None or promotion is None:
        found = promotion.phase if promotion else "nothing"
        raise TransitionError(f"promotion {promotion_id} is {found}: {type(fact).__name__} cannot follow")
    if isinstance(fact, Endorsed | Approved | Rejected) and fact.binding != promotion.binding.digest:
        raise TransitionError(f"promotion {promotion_id} is bound to {promotion.binding.digest}, not {fact}")
    moved = msgspec.structs.replace(promotion, phase=phase, changed_at=event.at, error="")
    return msgspec.structs.replace(moved, **_noted(promotion, fact, event))


def _noted(promotion: Promotion, fact: object, event: Dated) -> dict[str, object]:  # noqa: C901 -- a table
    noted: dict[str, object] = {}
    match fact:
        case Approved(reason=reason) | Rejected(reason=reason):
            decided = {"decision": fact, "decided_by": event.actor, "decided_at": event.at}
            noted = {**decided, "reason": reason}
        case Endorsed() | Unendorsed():
            noted = {"endorsements": endorsements.after(promotion.endorsements, fact, event)}
        case Withdrawn(reason):
            noted = {"reason": reason}
        case Deferred(other, whose):
            noted = {"reason": f"behind {other} of {whose}"}
        case Superseded(other) | Replaced(other):
            noted = {"reason": f"by {other}"}
        case Voided(changes):
            noted = {"reason": "; ".join(changes)}
        case RolloutStarted(place=place):
            noted = {"place": place}
        case RolloutErrored(message):
            noted = {"error": message}
        case CanaryJudged():
            noted = {"canary": fact}
        case RolledOut(evidence):
            noted = {"rollout": evidence, "live_at": event.at, "live_order": event.sequence}
        case RolledBack(evidence, _, reason):
            noted = {"rollout": evidence, "reason": reason}
        case Restored():
            noted = {"live_at": event.at, "live_order": event.sequence, "reason": ""}
    return noted
