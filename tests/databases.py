"""A database of a test's own on the lab's PostgreSQL server, dropped afterwards."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from tests.backends import lab, missing


@contextmanager
def database() -> Iterator[URL]:
    """Create one, and give its address."""
    server, name = make_url(lab("postgresql")), f"ona_test_{secrets.token_hex(6)}"
    engine = create_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
    except OperationalError as error:
        missing(f"PostgreSQL does not answer: {error.orig}")
    yield server.set(database=name)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
