"""What was served when: spans of time, replayed from the facts."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.history import Dated
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.promotion_facts import Replaced, Restored, RolledBack, RolledOut


class Span(msgspec.Struct, frozen=True):
    """A release served in an environment.

    Attributes:
        model: the model's name.
        environment: the environment's name.
        release: the release id.
        image: the pinned reference.
        since: from this time, UTC.
        until: to this time, UTC; None while it lasts.
        by: whose approval, or whose rollback, put it there.
        reason: that person's words.
        promotion: the promotion's id.
        approved_by: whose approval it serves by, whoever rolled back to it later.
        approval: the approver's words; may be empty.
        binding: digest of everything that was approved.
        evidence: stage name to digest of what it found out; ``roll out`` for the rollout.
    """

    model: str
    environment: str
    release: str
    image: str
    since: datetime
    until: datetime | None
    by: str
    reason: str
    promotion: str
    approved_by: str
    approval: str
    binding: Digest
    evidence: dict[str, Digest]

    def covers(self, moment: datetime) -> bool:
        """Whether it served at `moment`."""
        return self.since <= moment and (self.until is None or moment < self.until)


def spans(promotion: Promotion, events: Iterable[Dated]) -> list[Span]:
    """The spans of one promotion, oldest first.

    Args:
        promotion: its present state, for what never changes.
        events: of its subject, in the order of writing.
    """
    found: list[Span] = []
    by, rollout = promotion.by_whose_word, dict[str, Digest]()
    for event in events:
        match event.fact:
            case RolledOut(evidence):
                rollout = {"roll out": evidence}
                found.append(_begun(promotion, event.at, by, promotion.approval_reason, rollout))
            case Restored(instead_of, requester):
                who, reason = requester or event.actor, f"in place of {instead_of}"
                found.append(_begun(promotion, event.at, who.name, reason, rollout))
            case Replaced() | RolledBack() if found and found[-1].until is None:
                found[-1] = msgspec.structs.replace(found[-1], until=event.at)
    return found


def _begun(promotion: Promotion, since: datetime, by: str, reason: str, rollout: dict[str, Digest]) -> Span:
    return Span(
        promotion.model,
        promotion.environment,
        promotion.release,
        promotion.binding.image,
        since,
        None,
        by,
        reason,
        promotion.id,
        promotion.by_whose_word,
        promotion.approval_reason,
        promotion.binding.digest,
        {**promotion.binding.evidence, **rollout},
    )
