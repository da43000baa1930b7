"""What was served when: spans of time, replayed from the facts."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

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
    """

    model: str
    environment: str
    release: str
    image: str
    since: datetime
    until: datetime | None
    by: str
    reason: str

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
    by = promotion.by_whose_word
    for event in events:
        match event.fact:
            case RolledOut():
                found.append(_begun(promotion, event.at, by, promotion.approval_reason))
            case Restored(instead_of):
                found.append(_begun(promotion, event.at, event.actor.name, f"in place of {instead_of}"))
            case Replaced() | RolledBack() if found and found[-1].until is None:
                found[-1] = msgspec.structs.replace(found[-1], until=event.at)
    return found


def _begun(promotion: Promotion, since: datetime, by: str, reason: str) -> Span:
    return Span(
        promotion.model,
        promotion.environment,
        promotion.release,
        promotion.binding.image,
        since,
        None,
        by,
        reason,
    )
