"""A ledger that another process holds, or whose server goes away: told, and gone on with."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event

import pytest

from ona_pipeline.ledger.sql import open_ledger
from tests.e2e.world import ONA, World
from tests.faults.ladder import counts
from tests.faults.postgresql_server import PostgresqlServer
from tests.faults.watched import Watched

HOLD = ("hold", "digits", "--env", "production", "--reason", "audit")


@contextmanager
def held(database: str) -> Iterator[None]:
    """Somebody else is in the middle of a write, and busy with it: who does nothing there is thrown out."""
    began, over = Event(), Event()

    def write() -> None:
        with open_ledger(database, clock=lambda: datetime.now(UTC)).writing() as writing:
            began.set()
            while not over.wait(1):
                writing.leases()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        began.wait()
        try:
            yield
        finally:
            over.set()
        writing.result()


@pytest.mark.full
@pytest.mark.postgresql
def test_a_ledger_that_is_held_for_too_long_is_told_as_such(
    bare: Callable[[str], World], database: str
) -> None:
    world = bare(database)
    world.ona(*HOLD)
    with held(database):
        said = world.ona(*HOLD, status=4)
        assert world.ona("status").status == 0  # reading waits for nobody
    assert "is held by another process for longer than 10 s" in said.notes
    assert "may succeed later" in said.notes
    world.ona(*HOLD)
    assert world.facts().count('"held"') == 2


@pytest.fixture(name="server")
def _server() -> Iterator[PostgresqlServer]:
    with PostgresqlServer() as server:
        yield server


def restarted_at(world: World, server: PostgresqlServer, wanted: int) -> bool:
    """Whether there was a call of that number to the server, which then was restarted."""
    with Watched(
        [str(ONA), *HOLD],
        folder=world.folder,
        environment=world.environment,
        counts=lambda call: counts(call) and call.object == server.address and call.name != "connect",
    ) as watched:
        found = next((call for number, call in enumerate(watched.calls()) if number == wanted), None)
        if found:
            server.restart()
        said = watched.ended()
    assert said.returncode in {0, 4}, said.stderr
    if said.returncode:
        assert "cannot be reached" in said.stderr, said.stderr
        assert "may succeed later" in said.stderr
    world.ona(*HOLD)
    return found is not None


@pytest.mark.postgresql
def test_a_server_that_is_restarted_at_a_sample_of_statements_is_told_and_gone_on_with(
    bare: Callable[[str], World], server: PostgresqlServer
) -> None:
    world = bare(server.url)
    world.ona(*HOLD)
    assert restarted_at(world, server, random.Random(1).randrange(2, 9))


@pytest.mark.full
@pytest.mark.postgresql
def test_a_server_that_is_restarted_at_each_statement_is_told_and_gone_on_with(
    bare: Callable[[str], World],
    server: PostgresqlServer,
    record_property: Callable[[str, object], None],
) -> None:
    world = bare(server.url)
    world.ona(*HOLD)
    points = 0
    while restarted_at(world, server, points):
        points += 1
    record_property("measured", f"restarted at each of {points} statements, 0 violations")
    assert points > 5
