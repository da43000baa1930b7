"""Waivers: a person takes the word of a finding for granted, in one environment, for a while."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

import msgspec

from ona_pipeline.records.actor import Actor
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.history import Dated


class Waived(msgspec.Struct, frozen=True, tag_field="fact", tag="waived", omit_defaults=True):
    """A finding does not keep a model from this environment until the waiver expires or is revoked.

    Attributes:
        finding: its code, such as ``expectation-unmet``.
        about: the finding's subject; empty for every subject.
        reason: the person's words.
        expires_at: until when, UTC.
        person: who that is by the policy's ``[tool.ona.people]``; empty where nobody is declared.
        signature: the waiver signed with the person's SSH key, armored; empty where it is not signed.
    """

    finding: str
    about: str
    reason: str
    expires_at: datetime
    person: str = ""
    signature: str = ""


class Unwaived(msgspec.Struct, frozen=True, tag_field="fact", tag="unwaived", omit_defaults=True):
    """A waiver is over before it expires.

    Attributes:
        waiver: digest of the event that it came with.
        reason: the person's words.
        person: as in `Waived`.
    """

    waiver: Digest
    reason: str
    person: str = ""


class Sealed(Dated, Protocol):
    """A dated event that has its place in the ledger's chain."""

    @property
    def digest(self) -> Digest:
        """What later events name it by."""
        ...


class Waiver(msgspec.Struct, frozen=True):
    """A waiver as it stands.

    Attributes:
        digest: of the event that it came with; what bindings and facts name it by.
        by: who waived.
        at: when, UTC.
        fact: what is waived, why and until when.
    """

    digest: Digest
    by: Actor
    at: datetime
    fact: Waived

    def covers(self, finding: str, about: str) -> bool:
        """Whether it is about a finding of that code and subject."""
        return self.fact.finding == finding and self.fact.about in {"", about}


def waivers(events: Iterable[Sealed], now: datetime) -> tuple[Waiver, ...]:
    """The waivers that are in force at `now`, in the order in which they were made.

    Args:
        events: of one model's environment.
        now: aware UTC.
    """
    standing: dict[Digest, Waiver] = {}
    for event in events:
        match event.fact:
            case Waived() as fact if now < fact.expires_at:
                standing[event.digest] = Waiver(event.digest, event.actor, event.at, fact)
            case Unwaived(waiver):
                standing.pop(waiver, None)
    return tuple(standing.values())
