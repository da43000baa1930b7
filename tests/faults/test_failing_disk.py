"""A disk that is full, or fails: said in a sentence, nothing half written, and gone on with."""

import errno
import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ona_pipeline.ledger.sql import open_ledger
from tests.e2e.world import ONA, ROOT, World
from tests.faults.calls import Call
from tests.faults.watched import Watched

HOLD = ["hold", "digits", "--env", "production", "--reason", "audit"]
SAYS = {errno.ENOSPC: "full", errno.EIO: "a disk that is full or fails"}
SAMPLE = 3


@pytest.fixture(name="world")
def _world(bare: Callable[[str], World], sqlite_url: str) -> World:
    """A ledger that has been written to before."""
    made = bare(sqlite_url)
    made.ona(*HOLD)
    return made


def watched(world: World) -> Watched:
    """`ona hold`, each of whose calls to the ledger's files waits."""
    folder = world.environment["ONA_LEDGER"].removeprefix("sqlite:///").rpartition("/")[0]
    return Watched(
        [str(ONA), *HOLD],
        folder=world.folder,
        environment=world.environment,
        counts=lambda call: call.object.startswith(folder) and call.name != "unlink",
    )


def fails_at(world: World, wanted: int, error: int) -> Call | None:
    """Let the call of that number fail, and see that it is told and comes to nothing, or did no harm."""
    held = world.facts().count('"held"')
    with watched(world) as running:
        failed = next((call for number, call in enumerate(running.calls()) if number == wanted), None)
        if failed:
            running.fails(error)
        said = running.ended()
    assert said.returncode in {0, 4}, f"{failed}: {said.stderr}"
    if said.returncode:
        assert SAYS[error] in said.stderr, f"{failed}: {said.stderr}"
    else:
        assert world.facts().count('"held"') == held + 1, failed
    ledger = open_ledger(world.environment["ONA_LEDGER"], clock=lambda: datetime.now(UTC))
    assert ledger.verify().findings == (), failed
    return failed


@pytest.mark.parametrize("error", SAYS)
def test_a_sample_of_calls_that_fail(world: World, error: int) -> None:
    with watched(world) as running:
        points = sum(1 for _ in running.calls())
    for number in random.Random(error).sample(range(points), SAMPLE):
        assert fails_at(world, number, error)
    world.ona(*HOLD)


@pytest.mark.full
@pytest.mark.parametrize("error", SAYS)
def test_each_call_fails(world: World, error: int, record_property: Callable[[str, object], None]) -> None:
    points = 0
    while fails_at(world, points, error):
        points += 1
    world.ona(*HOLD)
    record_property("measured", f"{errno.errorcode[error]} at each of {points} calls, 0 violations")
    assert points > 10


def test_a_full_disk_under_the_temporary_files_is_told_and_leaves_nothing(
    bare: Callable[[str], World], sqlite_url: str
) -> None:
    world = bare(sqlite_url)
    shutil.copytree(ROOT / "models", world.folder / "models", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "validation", world.folder / "validation")
    world.commit("the digits model")
    temporary = world.environment["TMPDIR"]
    with Watched(
        [str(ONA), "release", "digits"],
        folder=world.folder,
        environment=world.environment,
        counts=lambda call: call.name == "write" and call.object.startswith(f"{temporary}/ona-"),
    ) as running:
        for _ in running.calls():
            running.fails(errno.ENOSPC)
        said = running.ended()
    assert said.returncode == 4, said.stderr
    assert "No space left on device" in said.stderr
    assert world.releases() == []
    assert list(Path(temporary).iterdir()) == []
