"""What one model's environment serves, and whether a person holds it."""

from collections.abc import Iterable

import msgspec

from ona_pipeline.errors import UsageError
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.digest import Digest
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


class RollbackRefused(msgspec.Struct, frozen=True, tag_field="fact", tag="rollback-refused"):
    """What was to serve again is not well: that rollback is over, and the hold stays.

    Attributes:
        promotion: the one that was to be left.
        to: the one that was not well.
        evidence: digest of the rollout evidence that says so.
    """

    promotion: str
    to: str
    evidence: Digest


class Adopted(msgspec.Struct, frozen=True, tag_field="fact", tag="adopted"):
    """A person had ona take over a Deployment that was there; written before it is touched.

    Attributes:
        place: what it is, by whatever name it is reached.
        container: the one that serves.
        image: of its owner's, that it served then.
    """

    place: str
    container: str
    image: str


EnvironmentFact = Held | Unheld | RollbackRequested | RollbackRefused | Waived | Unwaived | Adopted


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


class AskedRollback(msgspec.Struct, frozen=True):
    """A rollback, and who wants it."""

    asked: RollbackRequested
    by: Actor


def last_rollback(events: Iterable[Dated]) -> AskedRollback | None:
    """The rollback that was asked for last, unless it was refused.

    The promotion that it leaves tells whether it was carried out.
    """
    found: AskedRollback | None = None
    for event in events:
        if isinstance(event.fact, RollbackRequested):
            found = AskedRollback(event.fact, event.actor)
        elif isinstance(event.fact, RollbackRefused):
            found = None
    return found


def champion(promotions: Iterable[Promotion]) -> Promotion | None:
    """The one that is live among the promotions of one model to one environment."""
    live = [promotion for promotion in promotions if promotion.phase is PromotionPhase.LIVE]
    return live[-1] if live else None


PRESENT = frozenset({PromotionPhase.LIVE, PromotionPhase.ROLLING_OUT})
"""What can be rolled back: it serves, or may have begun to."""


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
    present = [p for p in known if p.phase in PRESENT]
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
