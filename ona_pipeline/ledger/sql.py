"""The ledger on SQLAlchemy."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from ona_pipeline.errors import UsageError
from ona_pipeline.ledger.again import again, entered
from ona_pipeline.ledger.audit import Audit, Judge, audit
from ona_pipeline.ledger.chain import Head, opened
from ona_pipeline.ledger.empty import EmptyReading
from ona_pipeline.ledger.failures import failures, is_gone
from ona_pipeline.ledger.lease import Lease, must_stand
from ona_pipeline.ledger.postgresql import PostgresqlDatabase
from ona_pipeline.ledger.schema import Schema, bring_up_to_date, schema_of
from ona_pipeline.ledger.sqlite import SqliteDatabase
from ona_pipeline.ledger.transaction import SqlReading, SqlWriting, Written
from ona_pipeline.records.digest import Digest


class Database(Protocol):
    """How one kind of database reads and writes."""

    @property
    def subject(self) -> str:
        """Its place, for messages, without a password."""
        ...

    @property
    def place(self) -> str:
        """Its place, the same for every user."""
        ...

    def reading(self) -> AbstractContextManager[Connection | None]:
        """A transaction on a snapshot; None where there is no database yet."""
        ...

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction that no other writer enters."""
        ...


class SqlLedger:
    """A `Ledger` in a database. It keeps no connection open between transactions.

    Args:
        database: where.
        clock: the time now, aware UTC; events are dated by it.
    """

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    @property
    def subject(self) -> str:
        """Where the ledger is, for people, without a password."""
        return self._database.subject

    @property
    def place(self) -> str:
        """See `Ledger.place`: a digest, for it may stand where others read."""
        return Digest.of(self._database.place.encode()).short

    @contextmanager
    def reading(self) -> Iterator[SqlReading | EmptyReading]:
        """See `Ledger.reading`; a ledger that is not there is an empty one, and is not made."""
        with failures(self.subject), ExitStack() as stack:
            connection = entered(stack, self._database.reading)
            schema = schema_of(connection, subject=self.subject) if connection else Schema.ABSENT
            if schema is Schema.BEHIND:
                stack.close()
                self._bring_up_to_date()
                connection = entered(stack, self._database.reading)
            if connection is None or schema is Schema.ABSENT:
                yield EmptyReading(self.subject)
            else:
                yield SqlReading(connection, self.subject)

    @contextmanager
    def writing(self, lease: Lease | None = None) -> Iterator[SqlWriting]:
        """See `Ledger.writing`; makes the ledger where there is none."""
        with failures(self.subject), ExitStack() as stack:
            writing = self._begun(stack, lease)
            yield writing
            try:
                stack.close()
            except DBAPIError as error:
                if not (is_gone(error) and writing.written.rows):
                    raise
                again(lambda: self._settle(writing.written, lease))

    def verify(self, *, known: Iterable[Head] = (), judges: Sequence[Judge] = ()) -> Audit:
        """See `Ledger.verify`."""
        with self.reading() as reading:
            seals = map(opened, reading.rows())
            return audit(seals, reading.contents(), known=known, judges=judges)

    def _begun(self, stack: ExitStack, lease: Lease | None) -> SqlWriting:
        connection = entered(stack, self._database.writing)
        bring_up_to_date(connection, schema_of(connection, subject=self.subject))
        writing = SqlWriting(connection, self.subject, self._clock)
        if lease:
            must_stand(lease, writing.lease(lease.subject))
        return writing

    def _settle(self, written: Written, lease: Lease | None) -> None:
        """Find out whether a commit without an answer was one, and write the same again where it was not."""
        with ExitStack() as stack:
            writing = self._begun(stack, None)
            if writing.has(written):
                return
            if lease:
                must_stand(lease, writing.lease(lease.subject))
            writing.repeat(written)

    def _bring_up_to_date(self) -> None:
        with self.writing():
            pass


def open_ledger(url: str, *, clock: Callable[[], datetime]) -> SqlLedger:
    """The ledger at a URL. Nothing is connected to, or made, before it is read from or written to.

    Args:
        url: ``sqlite:////folder/ledger.db`` or ``postgresql://user:password@host/database``.
        clock: the time now, aware UTC.

    Raises:
        UsageError: it is not the URL of such a database.
    """
    return SqlLedger(_database(_parsed(url)), clock=clock)


def _database(url: URL) -> Database:
    kind = url.get_backend_name()
    if kind == "postgresql":
        return PostgresqlDatabase(url.set(drivername="postgresql+psycopg"))
    if kind == "sqlite" and url.database and url.database != ":memory:" and not url.query:
        return SqliteDatabase(Path(url.database))
    raise UsageError(
        f"the ledger cannot be kept in {url.render_as_string(hide_password=True)}",
        hint="wanted sqlite:////folder/ledger.db or postgresql://user@host/database",
    )


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:
        raise UsageError(
            "ledger.url is not the URL of a database",
            hint="wanted sqlite:////folder/ledger.db or postgresql://user@host/database",
        ) from error
