"""Killed at each call of one write, the ledger is whole, and the next process writes to it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ona_pipeline.ledger.sql import open_ledger
from tests.e2e.world import ONA, World
from tests.faults.ladder import counts
from tests.faults.watched import Watched

HOLD = ["hold", "digits", "--env", "production", "--reason", "audit"]


def killed_at(world: World, wanted: int, *, after_s: float | None) -> bool:
    """Whether it could be killed at a call of that number; the fact is there whole, or not at all."""
    temporary, held = world.environment["TMPDIR"], world.facts().count('"held"')
    with Watched(
        [str(ONA), *HOLD],
        folder=world.folder,
        environment=world.environment,
        counts=lambda call: counts(call) and not call.object.startswith(temporary),
    ) as running:
        found = next((call for number, call in enumerate(running.calls()) if number == wanted), None)
        if found:
            running.is_killed(after_s=after_s)
    ledger = open_ledger(world.environment["ONA_LEDGER"], clock=lambda: datetime.now(UTC))
    assert ledger.verify().findings == (), found
    assert world.facts().count('"held"') - held in {0, 1}, found
    return found is not None


@pytest.mark.full
@pytest.mark.postgresql
@pytest.mark.parametrize("after_s", [None, 0.0, 0.01])
def test_killed_at_each_call_of_one_write(
    bare: Callable[[str], World],
    database: str,
    after_s: float | None,
    record_property: Callable[[str, object], None],
) -> None:
    world, points = bare(database), 0
    while killed_at(world, points, after_s=after_s):
        points += 1
    world.ona(*HOLD)
    when = "before each" if after_s is None else f"{after_s:g} s after each"
    record_property("measured", f"killed {when} of {points} calls, 0 violations")
    assert points > 5
