"""One line of the ledger."""

from datetime import datetime

import msgspec

from ona_pipeline.records.actor import Actor
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.environment import EnvironmentFact
from ona_pipeline.records.promotion_facts import PromotionFact
from ona_pipeline.records.release_facts import ReleaseFact

Fact = ReleaseFact | PromotionFact | EnvironmentFact


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened, chained to everything before it, before its own digest is taken.

    Attributes:
        sequence: 1 for the first event of a ledger, then without a gap.
        at: when it was written, UTC.
        actor: who did it.
        model: name of the model that it concerns.
        subject: id of the release or promotion, or ``model@environment``.
        fact: what happened.
        previous: digest of the event before; of nothing, for the first.
    """

    sequence: int
    at: datetime
    actor: Actor
    model: str
    subject: str
    fact: Fact
    previous: Digest


class Event(Entry, frozen=True, kw_only=True):
    """An entry with the digest that the next one names.

    Attributes:
        digest: of this event's canonical JSON without this field.
    """

    digest: Digest
