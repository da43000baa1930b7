"""What one model's environment serves, and whether a person holds it."""

from collections.abc import Iterable

import msgspec

from ona_pipeline.records.history import Dated
from ona_pipeline.records.promotion import Promotion, PromotionPhase


class Held(msgspec.Struct, frozen=True, tag_field="fact", tag="held"):
    """A person wants no automation to roll anything out here; also written after each rollback."""

    reason: str


class Unheld(msgspec.Struct, frozen=True, tag_field="fact", tag="unheld"):
    """A person lifted the hold."""

    reason: str


class RollbackRequested(msgspec.Struct, frozen=True, tag_field="fact", tag="rollback-requested"):
    """A person wants something earlier to serve; written before the target is touched, and a hold in itself.

    Attributes:
        promotion: the one to leave.
        to: the one to go back to; empty to serve nothing.
        reason: the person's words.
    """

    promotion: str
    to: str
    reason: str


EnvironmentFact = Held | Unheld | RollbackRequested


def place(model: str, environment: str) -> str:
    """The subject under which an environment's own facts stand in the ledger: ``digits@production``."""
    return f"{model}@{environment}"


def hold(events: Iterable[Dated]) -> str | None:
    """Why the environment is on hold, or None where it is not."""
    reason: str | None = None
    for event in events:
        match event.fact:
            case Held(words) | RollbackRequested(reason=words):
                reason = f"{words} ({event.actor.name})"
            case Unheld():
                reason = None
    return reason


def last_rollback(events: Iterable[Dated]) -> RollbackRequested | None:
    """The rollback that was asked for last; the promotion that it leaves tells whether it was carried out."""
    asked = [event.fact for event in events if isinstance(event.fact, RollbackRequested)]
    return asked[-1] if asked else None


def champion(promotions: Iterable[Promotion]) -> Promotion | None:
    """The one that is live among the promotions of one model to one environment."""
    live = [promotion for promotion in promotions if promotion.phase is PromotionPhase.LIVE]
    return live[-1] if live else None
