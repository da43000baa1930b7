"""Finds subjects by what happened to them, from the index on kinds, so that few have to be replayed.

What is found is only where to look: every state is still replayed from the events themselves.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Select, func, literal, or_, select

from ona_pipeline.ledger.tables import EVENTS
from ona_pipeline.records.canonical import to_plain

_SECOND = timedelta(seconds=1)


class Subject(NamedTuple):
    """What facts are written about."""

    id: str
    model: str


def kind_of(fact: type) -> str:
    """The tag under which facts of a type are kept."""
    return str(fact.__struct_config__.tag)  # type: ignore[attr-defined]


def subjects(fact: type, *, unless: Sequence[type], model: str, beginning: str) -> "Select[str, str]":
    """See `Reading.subjects`."""
    events = EVENTS.alias()
    found = (
        select(events.c.subject, events.c.model)
        .where(events.c.kind == kind_of(fact))
        # Not the column itself: SQLite would walk all of the table in its order, and not the index.
        .order_by(events.c.sequence + 0)
    )
    if model:
        found = found.where(events.c.model == model)
    if beginning:
        # SQLite's LIKE takes small letters for capitals.
        found = found.where(func.substr(events.c.subject, 1, len(beginning)) == beginning)
    for kind in map(kind_of, unless):
        ended = EVENTS.alias()
        same = (ended.c.kind == kind) & (ended.c.subject == events.c.subject)
        found = found.where(~select(literal(1)).where(same).exists())
    return found


def lasting(
    begins: Sequence[type], ends: Sequence[type], *, model: str, at: datetime | None
) -> "Select[str, str]":
    """See `Reading.lasting`.

    Times are kept as text, with and without fractions of a second, and compared a second more widely.
    """
    kinds = [kind_of(fact) for fact in (*begins, *ends)]
    following = func.lead(EVENTS.c.at).over(partition_by=EVENTS.c.subject, order_by=EVENTS.c.sequence)
    columns = (EVENTS.c.sequence, EVENTS.c.kind, EVENTS.c.subject, EVENTS.c.model, EVENTS.c.at)
    chosen = select(*columns, following.label("until")).where(EVENTS.c.kind.in_(kinds))
    spans = (chosen.where(EVENTS.c.model == model) if model else chosen).subquery()
    found = select(spans.c.subject, spans.c.model).where(spans.c.kind.in_([kind_of(fact) for fact in begins]))
    if at is None:
        found = found.where(spans.c.until.is_(None))
    else:
        begun, not_over = to_plain(at + _SECOND), to_plain(at - _SECOND)
        found = found.where(spans.c.at <= begun, or_(spans.c.until.is_(None), spans.c.until >= not_over))
    return found.order_by(spans.c.sequence)
