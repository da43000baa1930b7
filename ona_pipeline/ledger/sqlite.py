"""A ledger in one SQLite file: write-ahead log, every commit on disk, one writer at a time."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import NullPool

from ona_pipeline.errors import BackendError

BUSY_TIMEOUT_MS = 10_000


class SqliteDatabase:
    """Connections to one file; none is kept open between transactions.

    Args:
        path: of the file; made, with its folder, by the first writing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engines: dict[tuple[URL, str], Engine] = {}
        self.subject = str(path)
        self.place = f"sqlite:{path.resolve()}"

    @contextmanager
    def reading(self) -> Iterator[Connection | None]:
        """A transaction on a snapshot, which no writer holds up; None where there is no file."""
        if not self._path.exists():
            yield None
            return
        with self._engine(self._reading_url(), "BEGIN").begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that has the file to itself from the first statement."""
        if not self._path.exists():
            self._make()
        url = URL.create("sqlite", database=str(self._path))
        with self._engine(url, "BEGIN IMMEDIATE").begin() as connection:
            yield connection

    def _engine(self, url: URL, begin: str) -> Engine:
        if (url, begin) not in self._engines:
            self._engines[url, begin] = _engine(url, begin=begin)
        return self._engines[url, begin]

    def _make(self) -> None:
        """Under another name first: a file of the right name is a whole ledger, whoever is killed when."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".ledger-")
            os.close(handle)
            try:
                with closing(sqlite3.connect(name)) as made:
                    made.execute("PRAGMA journal_mode=WAL")
                _name(Path(name), self._path)
            finally:
                Path(name).unlink()
        except (OSError, sqlite3.Error) as error:
            raise BackendError(
                f"the ledger {self.subject} cannot be made: {error}",
                hint="check its folder and the rights on it, or set ledger.url",
            ) from error

    def _reading_url(self) -> URL:
        """Without rights to write, SQLite has to be told so; without a log, also that nobody writes."""
        if os.access(self._path, os.W_OK) and os.access(self._path.parent, os.W_OK):
            return URL.create("sqlite", database=str(self._path))
        log = self._path.with_name(f"{self._path.name}-wal")
        mode = "mode=ro" if log.exists() else "immutable=1"
        return make_url(f"sqlite:///file:{quote(str(self._path))}?{mode}&uri=true")


def _name(made: Path, path: Path) -> None:
    try:
        os.link(made, path)
    except FileExistsError:
        return


def _engine(url: URL, *, begin: str) -> Engine:
    engine = create_engine(url, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
