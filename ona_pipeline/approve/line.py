"""Who goes first where two promotions meet in one environment.

Automation gives way to people, and never the other way round: what a person asked for, or said yes to, is not
superseded by a hook or a job, which waits in line instead. Nothing goes unasked while something else is on
its way; a canary that waits for a word is not. `docs/approving.md` has the same as a table.
"""

from collections.abc import Iterable
from datetime import datetime

from ona_pipeline.approve.standing import is_due
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.promotion import Promotion, PromotionPhase

_NOT_ACTED_ON = frozenset({PromotionPhase.AWAITING, PromotionPhase.IN_LINE, PromotionPhase.APPROVED})
_UNDER_WAY = frozenset({PromotionPhase.AWAITING, PromotionPhase.APPROVED, PromotionPhase.ROLLING_OUT})


def ahead(
    known: Iterable[Promotion], newcomer: Actor, now: datetime, *, goes_unasked: bool
) -> Promotion | None:
    """The promotion that the newcomer's has to wait for; None where it is its turn.

    Args:
        known: of the same model to the same environment.
        newcomer: in whose name the newer one is asked for.
        now: aware UTC.
        goes_unasked: whether nobody would be asked about the newer one.
    """
    for one in known:
        if one.phase not in _UNDER_WAY or is_due(one, now):
            continue
        if one.has_a_persons_word and not newcomer.is_person:
            return one
        if one.phase is PromotionPhase.ROLLING_OUT and goes_unasked and not one.has_undecided_canary:
            return one
    return None


def is_superseded(older: Promotion, newcomer: Actor) -> bool:
    """Whether a newer request takes the place of `older`, which nobody acted on yet."""
    return older.phase in _NOT_ACTED_ON and _gives_way(older, newcomer)


def leaves(older: Promotion, newer: Promotion) -> bool:
    """Whether `newer`, which begins now, takes the place of a canary of `older` that could not be judged."""
    is_same = (older.model, older.environment) == (newer.model, newer.environment)
    is_other = is_same and older.id != newer.id
    return is_other and older.has_undecided_canary and _gives_way(older, newer.word_of)


def _gives_way(older: Promotion, newcomer: Actor) -> bool:
    return newcomer.is_person or not older.has_a_persons_word
