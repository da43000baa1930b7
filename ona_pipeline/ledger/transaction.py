"""Reading and writing inside one database transaction."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, Select, delete, insert, select

from ona_pipeline.errors import BackendError
from ona_pipeline.ledger import search
from ona_pipeline.ledger.chain import NOTHING, ChainError, Row, seal, unseal
from ona_pipeline.ledger.empty import no_evidence
from ona_pipeline.ledger.following import must_follow
from ona_pipeline.ledger.interface import EvidenceError
from ona_pipeline.ledger.lease import Lease
from ona_pipeline.ledger.search import Subject
from ona_pipeline.ledger.tables import CURSORS, EVENTS, EVIDENCE, LEASES
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.event import Entry, Event, Fact

_ROWS = select(EVENTS).order_by(EVENTS.c.sequence)
_PAGE = 1000


class SqlReading:
    """Reads in a transaction.

    Args:
        connection: inside that transaction.
        subject: the ledger, for messages.
    """

    def __init__(self, connection: Connection, subject: str) -> None:
        self._connection = connection
        self._subject = subject

    def rows(self) -> Iterator[Row]:
        """Every event as it is kept, by sequence."""
        with self._connection.execute(_ROWS.execution_options(yield_per=_PAGE)) as rows:
            yield from map(Row._make, rows)

    def events(self, *, subject: str = "", model: str = "") -> list[Event]:
        """See `Reading.events`.

        Raises:
            BackendError: an event is not what was written.
        """
        wanted = _ROWS.where(EVENTS.c.subject == subject) if subject else _ROWS
        return self._read(wanted.where(EVENTS.c.model == model) if model else wanted)

    def since(self, sequence: int) -> list[Event]:
        """See `Reading.since`.

        Raises:
            BackendError: an event is not what was written.
        """
        return self._read(_ROWS.where(EVENTS.c.sequence >= sequence))

    def latest(self) -> Event | None:
        """See `Reading.latest`.

        Raises:
            BackendError: it is not what was written.
        """
        found = self._read(select(EVENTS).order_by(EVENTS.c.sequence.desc()).limit(1))
        return found[0] if found else None

    def subjects(
        self, fact: type, *, unless: Sequence[type] = (), model: str = "", beginning: str = ""
    ) -> list[Subject]:
        """See `Reading.subjects`."""
        return self._found(search.subjects(fact, unless=unless, model=model, beginning=beginning))

    def lasting(
        self, begins: Sequence[type], ends: Sequence[type], *, model: str = "", at: datetime | None = None
    ) -> list[Subject]:
        """See `Reading.lasting`."""
        return self._found(search.lasting(begins, ends, model=model, at=at))

    def evidence(self, digest: Digest) -> bytes:
        """See `Reading.evidence`."""
        content = self._content(digest)
        if content is None:
            raise no_evidence(self._subject, digest)
        if (found := Digest.of(content)) != digest:
            raise EvidenceError(
                f"the ledger {self._subject}: evidence {digest} was changed: its digest is now {found}",
                hint="put a copy of the ledger back",
                found=found,
            )
        return content

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """All evidence, with the digest that it is kept under."""
        chosen = select(EVIDENCE).order_by(EVIDENCE.c.digest).execution_options(yield_per=_PAGE)
        return ((row.digest, row.content) for row in self._connection.execute(chosen))

    def leases(self) -> list[Lease]:
        """See `Reading.leases`."""
        return [Lease(*row) for row in self._connection.execute(select(LEASES).order_by(LEASES.c.subject))]

    def cursor(self, name: str) -> int:
        """See `Reading.cursor`."""
        return self._connection.scalar(select(CURSORS.c.sequence).where(CURSORS.c.name == name)) or 0

    def lease(self, subject: str) -> Lease | None:
        """See `Reading.lease`."""
        row = self._connection.execute(select(LEASES).where(LEASES.c.subject == subject)).one_or_none()
        return Lease(*row) if row else None

    def _found(self, chosen: "Select[str, str]") -> list[Subject]:
        return list(dict.fromkeys(Subject(row[0], row[1]) for row in self._connection.execute(chosen)))

    def _content(self, digest: Digest) -> bytes | None:
        chosen = select(EVIDENCE.c.content).where(EVIDENCE.c.digest == digest)
        return self._connection.scalar(chosen)

    def _read(self, chosen: "Select[tuple[object, ...]]") -> list[Event]:
        try:
            return [unseal(Row._make(row)) for row in self._connection.execute(chosen)]
        except ChainError as error:
            raise BackendError(
                f"the ledger {self._subject}: {error.finding.subject} is not what was written: {error}",
                hint="somebody wrote to the database past ona; put a copy of the ledger back",
            ) from error


class Written(NamedTuple):
    """What one transaction added: events as they are kept, and evidence under its digest."""

    rows: list[Row]
    contents: dict[Digest, bytes]


class SqlWriting(SqlReading):
    """Writes in a transaction that no other writer enters.

    Args:
        connection: inside that transaction.
        subject: the ledger, for messages.
        clock: the time now, aware UTC.
    """

    def __init__(self, connection: Connection, subject: str, clock: Callable[[], datetime]) -> None:
        super().__init__(connection, subject)
        self._clock = clock
        self.written = Written([], {})

    def append(self, fact: Fact, *, model: str, subject: str, actor: Actor) -> Event:
        """See `Writing.append`."""
        sequence, previous = self._head()
        entry = Entry(
            sequence=sequence + 1,
            at=self._clock(),
            actor=actor,
            model=model,
            subject=subject,
            fact=fact,
            previous=previous,
        )
        must_follow(self.events(subject=subject), entry)
        event, row = seal(entry)
        self._add(row)
        return event

    def keep(self, content: bytes) -> Digest:
        """See `Writing.keep`."""
        digest = Digest.of(content)
        if self._content(digest) is None:
            self._connection.execute(insert(EVIDENCE).values(digest=digest, content=content))
            self.written.contents[digest] = content
        return digest

    def has(self, written: Written) -> bool:
        """Whether the events of another transaction are there."""
        last = written.rows[-1]
        chosen = select(EVENTS.c.digest).where(EVENTS.c.sequence == last.sequence)
        return bool(self._connection.scalar(chosen) == last.digest)

    def repeat(self, written: Written) -> None:
        """Add once more what a transaction that came to nothing had added; to the very same end.

        Raises:
            BackendError: somebody else wrote meanwhile, so that it may not be true any more.
        """
        if self._head()[1] != written.rows[0].previous:
            raise BackendError(
                f"the ledger {self._subject} was written to before a lost commit could be repeated",
                hint="nothing of it was written; try again",
                retryable=True,
            )
        for content in written.contents.values():
            self.keep(content)
        for row in written.rows:
            self._add(row)

    def _add(self, row: Row) -> None:
        self._connection.execute(insert(EVENTS).values(row._asdict()))
        self.written.rows.append(row)

    def lend(self, lease: Lease) -> None:
        """See `Writing.lend`."""
        self._connection.execute(delete(LEASES).where(LEASES.c.subject == lease.subject))
        self._connection.execute(insert(LEASES).values(msgspec.structs.asdict(lease)))

    def move(self, name: str, sequence: int) -> None:
        """See `Writing.move`."""
        self._connection.execute(delete(CURSORS).where(CURSORS.c.name == name))
        self._connection.execute(insert(CURSORS).values(name=name, sequence=sequence))

    def take_back(self, lease: Lease) -> None:
        """See `Writing.take_back`."""
        same = (LEASES.c.subject == lease.subject) & (LEASES.c.token == lease.token)
        self._connection.execute(delete(LEASES).where(same))

    def _head(self) -> tuple[int, Digest]:
        chosen = select(EVENTS.c.sequence, EVENTS.c.digest).order_by(EVENTS.c.sequence.desc()).limit(1)
        row = self._connection.execute(chosen).one_or_none()
        return (row.sequence, Digest(row.digest)) if row else (0, NOTHING)
