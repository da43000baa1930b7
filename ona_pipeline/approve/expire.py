"""Ends what nobody decided, or acted on, in time."""

from collections.abc import Callable
from datetime import datetime

from ona_pipeline.approve.standing import expiry, is_due
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.records.actor import POLICY
from ona_pipeline.records.promotion import Promotion


def expire_due(ledger: Ledger, clock: Callable[[], datetime]) -> list[Promotion]:
    """Write that each promotion whose time is over has expired.

    Where there is none, the ledger is only read: a scheduled job may ask every minute.

    Returns:
        The promotions that expired now.
    """
    now = clock()
    with ledger.reading() as reading:
        if not any(is_due(promotion, now) for promotion in histories.open_promotions(reading)):
            return []
    with ledger.writing() as writing:
        due = [promotion for promotion in histories.open_promotions(writing) if is_due(promotion, now)]
        for promotion in due:
            if fact := expiry(promotion, now):
                writing.append(fact, model=promotion.model, subject=promotion.id, actor=POLICY)
        return [histories.promotion(writing, promotion.id) for promotion in due]
