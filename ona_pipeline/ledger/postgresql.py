"""A ledger in PostgreSQL, for a team: one writer at a time by an advisory lock, readers on a snapshot."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.pool import NullPool

CONNECT_TIMEOUT_S = 10
LOCK_TIMEOUT_MS = 10_000
_PORT = 5432
_LOCK = 0x6F6E61
"""``ona``: the one key that every writer of a ledger in this database takes."""


class PostgresqlDatabase:
    """Connections to one database; none is kept open between transactions.

    Args:
        url: ``postgresql+psycopg://user:password@host/database``.
    """

    def __init__(self, url: URL) -> None:
        connect = {"connect_timeout": CONNECT_TIMEOUT_S, "application_name": "ona"}
        self._engine = create_engine(url, poolclass=NullPool, connect_args=connect)
        self.subject = url.render_as_string(hide_password=True)
        self.place = f"postgresql://{url.host or 'localhost'}:{url.port or _PORT}/{url.database}"

    @contextmanager
    def reading(self) -> Iterator[Connection | None]:
        """A transaction on one snapshot, which no writer holds up."""
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that no other writer enters; the lock ends with it, even by a kill."""
        with self._engine.connect() as connection, connection.begin():
            connection.execute(text(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}"))
            # A process that is paused in here would keep every other writer out.
            connection.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = {LOCK_TIMEOUT_MS}"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            yield connection
