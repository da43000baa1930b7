"""Waivers: a person takes the word of a finding for granted, in one environment, for a while."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

import msgspec

from ona_pipeline.records.actor import Actor
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding, Severity
from ona_pipeline.records.history import Dated


class Waived(msgspec.Struct, frozen=True, tag_field="fact", tag="waived", omit_defaults=True):
    """A finding does not keep a model from this environment until the waiver expires or is revoked.

    Attributes:
        finding: its code, such as ``expectation-unmet``.
        about: the finding's subject; empty for every subject.
        reason: the person's words.
        expires_at: until when, UTC.
        policy: digest of the environment's policy that lets that person.
        person: who that is by the policy's ``[tool.ona.people]``; empty where nobody is declared.
        signature: the waiver signed with the person's SSH key, armored; empty where it is not signed.
    """

    finding: str
    about: str
    reason: str
    expires_at: datetime
    policy: Digest
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

    @property
    def name(self) -> str:
        """What it waives, for people."""
        return f"{self.fact.finding} of {self.fact.about}" if self.fact.about else self.fact.finding

    @property
    def expires(self) -> str:
        """Until when, for people."""
        return f"{self.fact.expires_at:%Y-%m-%d %H:%M} UTC"

    def covers(self, finding: str, about: str) -> bool:
        """Whether it is about a finding of that code and subject."""
        return self.fact.finding == finding and self.fact.about in {"", about}


class Waiving(msgspec.Struct, frozen=True):
    """Findings after waivers were looked at, and the digests of those that it took."""

    findings: tuple[Finding, ...]
    used: tuple[Digest, ...] = ()


def waive(findings: tuple[Finding, ...], waivers: Iterable[Waiver]) -> Waiving:
    """Let refusals be waived where every one of them is covered; a single one that is not lets all stand."""
    standing = tuple(waivers)
    refusals = [one for one in findings if one.severity is Severity.REFUSAL]
    covers = [next((w for w in standing if w.covers(one.code, one.subject)), None) for one in refusals]
    used = tuple(sorted({waiver.digest for waiver in covers if waiver}))
    if not refusals or None in covers:
        return Waiving(findings)
    waived = (
        msgspec.structs.replace(one, severity=Severity.WAIVED) if one in refusals else one for one in findings
    )
    return Waiving(tuple(waived), used)


def waivers(events: Iterable[Sealed], now: datetime) -> tuple[Waiver, ...]:
    """The waivers that are in force at `now`, in the order in which they were made.

    A waiver that was revoked does not come back by the very same words, which its signature covers: those
    have a time in them, to the microsecond, and nobody says them twice.

    Args:
        events: of one model's environment.
        now: aware UTC.
    """
    made: dict[Digest, Waiver] = {}
    revoked: set[Waived] = set()
    for event in events:
        match event.fact:
            case Waived() as fact:
                made[event.digest] = Waiver(event.digest, event.actor, event.at, fact)
            case Unwaived(waiver) if waiver in made:
                revoked.add(made[waiver].fact)
    return tuple(one for one in made.values() if now < one.fact.expires_at and one.fact not in revoked)
