"""Who has said yes while a promotion waits for the deciding one."""

from datetime import datetime

import msgspec

from ona_pipeline.records.actor import Actor
from ona_pipeline.records.history import Dated, TransitionError
from ona_pipeline.records.promotion_facts import Endorsed, Unendorsed


class Endorsement(msgspec.Struct, frozen=True, kw_only=True):
    """One yes of the several that a policy wants.

    Attributes:
        by: who said it.
        at: when, UTC.
        person: who that is by the policy; empty where nobody is declared.
        reason: the person's words; may be empty.
        signature: armored; empty where it is not signed.
    """

    by: Actor
    at: datetime
    person: str
    reason: str
    signature: str

    @property
    def who(self) -> str:
        """The person, or the login where nobody is declared."""
        return self.person or self.by.acting


def after(
    standing: tuple[Endorsement, ...], fact: Endorsed | Unendorsed, event: Dated
) -> tuple[Endorsement, ...]:
    """What stands after one more yes, or after one was taken back.

    Raises:
        TransitionError: it is the second yes of the same person.
    """
    who = fact.person or event.actor.acting
    others = tuple(said for said in standing if said.who != who)
    if isinstance(fact, Unendorsed):
        return others
    if others != standing:
        raise TransitionError(f"{who} has said yes already: Endorsed cannot follow")
    said = Endorsement(
        by=event.actor, at=event.at, person=fact.person, reason=fact.reason, signature=fact.signature
    )
    return (*others, said)
