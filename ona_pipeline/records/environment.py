"""What one model's environment serves, and whether a person holds it."""

from collections.abc import Iterable

import msgspec

from ona_pipeline.errors import UsageError
from ona_pipeline.records.history import Dated
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.waiver import Unwaived, Waived


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


EnvironmentFact = Held | Unheld | RollbackRequested | Waived | Unwaived


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


class WayBack(msgspec.Struct, frozen=True):
    """What a rollback leaves, and what it goes back to."""

    leave: Promotion
    to: Promotion


def way_back(promotions: Iterable[Promotion], release: str = "") -> WayBack:
    """Find what serves, or is being rolled out, and what served before it.

    Args:
        promotions: of one model to one environment.
        release: the release to go back to; empty means the one that served last before.

    Raises:
        UsageError: nothing serves, or nothing of that name served before.
    """
    known = list(promotions)
    present = [p for p in known if p.phase in {PromotionPhase.LIVE, PromotionPhase.ROLLING_OUT}]
    if not present:
        raise UsageError("nothing is served there, so there is nothing to roll back", hint="ona status")
    leave = present[-1]
    earlier = [p for p in known if p.live_order and p.id != leave.id and release in {"", p.release}]
    if not earlier:
        what = release or "nothing earlier"
        raise UsageError(
            f"{what} ever served there beside {leave.release}", hint="ona history lists what did"
        )
    return WayBack(leave, max(earlier, key=lambda promotion: promotion.live_order))
