"""The contract of a ledger: append facts, keep evidence, read both back."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from ona_pipeline.errors import BackendError
from ona_pipeline.ledger.audit import Audit, Judge
from ona_pipeline.ledger.chain import Head, Row
from ona_pipeline.ledger.lease import Lease
from ona_pipeline.ledger.search import Subject
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.event import Event, Fact


class EvidenceError(BackendError):
    """The ledger does not hold a piece of evidence as it was kept.

    Attributes:
        found: the digest that its bytes have now; None where there are none.
    """

    def __init__(self, message: str, *, hint: str, found: Digest | None = None) -> None:
        super().__init__(message, hint=hint)
        self.found = found


class Reading(Protocol):
    """A consistent view of everything that was written."""

    def events(self, *, subject: str = "", model: str = "") -> list[Event]:
        """Events in the order of writing: of one subject, of one model, or all."""
        ...

    def since(self, sequence: int) -> list[Event]:
        """Events from that one on, in the order of writing."""
        ...

    def latest(self) -> Event | None:
        """The end of the chain; None where there is none.

        Raises:
            BackendError: it is not what was written.
        """
        ...

    def subjects(
        self, fact: type, *, unless: Sequence[type] = (), model: str = "", beginning: str = ""
    ) -> list[Subject]:
        """Subjects that a fact of one kind was written about, in the order of writing.

        Args:
            fact: that kind.
            unless: leave out those about which a fact of any of these kinds was written, too.
            model: only of this model; empty for all.
            beginning: only those that begin so.
        """
        ...

    def lasting(
        self, begins: Sequence[type], ends: Sequence[type], *, model: str = "", at: datetime | None = None
    ) -> list[Subject]:
        """Subjects in a state that facts of some kinds begin, and facts of others end.

        Args:
            begins: kinds of facts that begin it.
            ends: kinds of facts that end it.
            model: only of this model; empty for all.
            at: in it at this time, UTC, to the second; some that were in it a second before or after may be
                among them. None: in it now.
        """
        ...

    def evidence(self, digest: Digest) -> bytes:
        """The evidence kept under `digest`.

        Raises:
            EvidenceError: there is none, or its bytes no longer have that digest.
        """
        ...

    def leases(self) -> list[Lease]:
        """Every lease that somebody has, living or not, by subject."""
        ...

    def cursor(self, name: str) -> int:
        """The last event that a copy of the ledger has seen; 0 where it has seen none."""
        ...

    def lease(self, subject: str) -> Lease | None:
        """The lease on one subject; None where nobody is at work on it."""
        ...

    def rows(self) -> Iterable[Row]:
        """Every event as it is kept, by sequence, whatever state it is in."""
        ...

    def contents(self) -> Iterable[tuple[str, bytes]]:
        """All evidence, with the digest that it is kept under, whatever state it is in."""
        ...


class Writing(Reading, Protocol):
    """A transaction: nobody else writes until it ends, and all of it is kept, or nothing."""

    def append(self, fact: Fact, *, model: str, subject: str, actor: Actor) -> Event:
        """Add one event to the end of the chain.

        Raises:
            TransitionError: the fact cannot follow what is written about the subject.
        """
        ...

    def keep(self, content: bytes) -> Digest:
        """Keep evidence under its digest; keeping the same again changes nothing."""
        ...

    def lend(self, lease: Lease) -> None:
        """Let this lease stand on its subject, in place of any other."""
        ...

    def move(self, name: str, sequence: int) -> None:
        """Let a copy have seen everything up to this event."""
        ...

    def take_back(self, lease: Lease) -> None:
        """Let no lease stand on its subject, if this one still does."""
        ...


class Ledger(Protocol):
    """The append-only, hash-chained record that releases and promotions are replayed from."""

    @property
    def subject(self) -> str:
        """Where it is, for people, without a password."""
        ...

    @property
    def place(self) -> str:
        """Where it is, for programs: the same for everyone who uses it, whatever it holds."""
        ...

    def reading(self) -> AbstractContextManager[Reading]:
        """Read; never waits for a writer."""
        ...

    def writing(self, lease: Lease | None = None) -> AbstractContextManager[Writing]:
        """Write: one transaction, ended by leaving the block; an exception takes all of it back.

        Args:
            lease: nothing is written unless it still stands in this very transaction.

        Raises:
            LeaseLostError: it does not.
            BackendError: the database cannot be reached, is locked for too long, full or read-only.
        """
        ...

    def verify(self, *, known: Iterable[Head] = (), judges: Sequence[Judge] = ()) -> Audit:
        """Look at the whole chain and all evidence.

        Args:
            known: ends of this chain that were noted earlier, elsewhere.
            judges: who look at it too.
        """
        ...
