"""Where a promotion stands, for whoever wants to decide on it and comes too late."""

from datetime import datetime

from ona_pipeline.errors import RefusedError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Reading
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.promotion_facts import Approved, Expired, Rejected

_ENDED = {
    PromotionPhase.WITHDRAWN: "was withdrawn",
    PromotionPhase.SUPERSEDED: "was superseded",
    PromotionPhase.EXPIRED: "expired, for nobody decided in time",
    PromotionPhase.VOID: "is void, for what it was bound to has changed",
}


def is_due(promotion: Promotion, now: datetime) -> bool:
    """Whether its time to be decided on, or acted on, is over."""
    waits = promotion.phase.is_open and promotion.phase is not PromotionPhase.ROLLING_OUT
    return waits and promotion.requested.expires_at <= now


def expiry(promotion: Promotion, now: datetime) -> Expired | None:
    """The fact to write where the time is over."""
    return Expired() if is_due(promotion, now) else None


def too_late(reading: Reading, promotion: Promotion) -> RefusedError:
    """Who decided when, or what ended the request, and which one to decide on instead."""
    return RefusedError(f"{promotion.id} {_how_it_stands(promotion)}", hint=_instead(reading, promotion))


def _how_it_stands(promotion: Promotion) -> str:
    match promotion.decision:
        case Approved() if promotion.phase not in _ENDED:
            return f"was approved {_by_whom(promotion)}, and is {promotion.phase}"
        case Rejected(_, reason):
            return f"was rejected {_by_whom(promotion)}: {reason}"
    reason = f": {promotion.reason}" if promotion.reason else ""
    return f"{_ENDED.get(promotion.phase, f'is {promotion.phase}')}{reason} ({_stamp(promotion.changed_at)})"


def _by_whom(promotion: Promotion) -> str:
    by, at = promotion.decided_by, promotion.decided_at
    return f"by {by.name if by else 'nobody'} at {_stamp(at or promotion.changed_at)}"


def _instead(reading: Reading, promotion: Promotion) -> str:
    known = histories.open_promotions(reading, promotion.model, promotion.environment)
    waiting = [other for other in known if other.phase is PromotionPhase.AWAITING]
    if waiting:
        newer = waiting[-1]
        return f"{newer.id} is waiting: ona approve {newer.release} --to {newer.environment}"
    match promotion.phase:
        case PromotionPhase.IN_LINE:
            return f"ona resume {promotion.release} asks once it is its turn"
        case PromotionPhase.APPROVED:
            release = promotion.release
            return f"ona resume {release} carries it out; ona withdraw {release} takes it back"
        case PromotionPhase.ROLLING_OUT:
            return f"ona resume {promotion.release} goes on with it; {_rollback(promotion)} takes it back"
        case PromotionPhase.LIVE:
            return f"{_rollback(promotion)} takes it back"
    return f"to ask again: ona promote {promotion.release} --to {promotion.environment}"


def _rollback(promotion: Promotion) -> str:
    return f"ona rollback {promotion.model} --env {promotion.environment} --reason TEXT"


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
