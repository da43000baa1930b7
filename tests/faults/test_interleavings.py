"""Nothing is ever served without a live approval for exactly that digest, whatever happens in which order."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tests.faults.interleavings import machine
from tests.faults.postgresql_server import PostgresqlServer

Fresh = Callable[[], str]
SAMPLE, FULL = 8, 1000


@pytest.fixture
def sqlite_fresh(tmp_path: Path) -> Iterator[Fresh]:
    """A new file each time, in memory where the system has such a folder: thousands are made."""
    shared = Path("/dev/shm")
    folder = (shared if shared.is_dir() else tmp_path) / f"ona-{secrets.token_hex(4)}"
    folder.mkdir()
    made: list[Path] = []

    def fresh() -> str:
        for path in folder.iterdir():
            path.unlink()
        made.append(folder / f"{len(made)}.db")
        return f"sqlite:///{made[-1]}"

    yield fresh
    fresh()
    folder.rmdir()


@pytest.fixture
def postgresql_fresh() -> Iterator[Fresh]:
    """The same database each time, emptied; on a server that asks for no password and waits for no disk."""
    with PostgresqlServer("fsync=off") as server:
        yield emptied(server.url)


def emptied(url: str) -> Fresh:
    """Empties a database."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)

    def fresh() -> str:
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        return url

    return fresh


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def fresh(request: pytest.FixtureRequest) -> Fresh:
    """Makes an empty ledger, in each database."""
    found: Fresh = request.getfixturevalue(f"{request.param}_fresh")
    return found


def interleaved(fresh: Fresh, examples: int) -> int:
    """Run so many, and tell how many came to their end."""
    machines = machine(fresh)
    run_state_machine_as_test(
        machines,
        settings=settings(
            max_examples=examples,
            stateful_step_count=14,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
    return machines.ended


def test_a_sample_of_interleavings(fresh: Fresh) -> None:
    assert interleaved(fresh, SAMPLE) >= SAMPLE


@pytest.mark.full
def test_a_thousand_interleavings(fresh: Fresh, record_property: Callable[[str, object], None]) -> None:
    ended = interleaved(fresh, FULL)
    record_property("measured", f"{ended} interleavings, 0 violations")
    assert ended >= FULL
