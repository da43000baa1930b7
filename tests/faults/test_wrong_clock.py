"""A clock that is wrong by a year: nothing is served that should not be, and work left is gone on with."""

from pathlib import Path

import pytest

from tests.backends import missing
from tests.e2e.world import ONA, World
from tests.faults.invariants import Invariants
from tests.faults.test_races import Race
from tests.faults.watched import Watched

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]


@pytest.fixture(params=["+365d", "-365d"])
def wrong(request: pytest.FixtureRequest) -> dict[str, str]:
    """Variables under which a process has another idea of the time."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        missing("libfaketime is not there: the package faketime")
    return {
        "LD_PRELOAD": str(found[0]),
        "FAKETIME": request.param,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": str(Path(__file__).with_name("wrong_clock")),
    }


@pytest.mark.full
def test_what_a_process_with_a_wrong_clock_left_is_gone_on_with_once(
    world: World, wrong: dict[str, str]
) -> None:
    race = Race(world)
    race.given(approval="automatic")
    with Watched(
        [str(ONA), "release", "digits"],
        folder=world.folder,
        environment=world.environment | wrong,
        counts=lambda call: "containers/create" in call.words,
    ) as watched:
        asked = [call for call, _ in zip(watched.calls(), range(3), strict=False)]
        watched.is_killed()
    assert len(asked) == 3  # for prepare and validate or publish, and then the rollout's own

    world.ona("resume", "--all")

    assert race.containers() == world.releases()
    assert race.rolled_out() == 1
    Invariants(world).hold()


@pytest.mark.full
def test_a_decision_with_a_wrong_clock_serves_nothing_that_has_expired(
    world: World, wrong: dict[str, str]
) -> None:
    race = Race(world)
    race.given(approval="manual")
    release = race.released()
    command = ("approve", release, "--yes", "--reason", "seen")
    if wrong["FAKETIME"].startswith("+"):
        said = world.ona(*command, status=3, environment=wrong)
        assert "expired" in said.notes
        assert race.containers() == []
        world.ona("promote", release, "--to", "production")
    said = world.ona(*command, environment=wrong | {"FAKETIME": "-365d"})
    assert race.containers() == [release]
    Invariants(world).hold()

    world.commit("the next one, by a right clock")
    newer = race.released()
    world.ona("approve", newer, "--yes", "--reason", "seen")
    world.ona("rollback", "digits", "--env", "production", "--reason", "worse")
    assert race.containers() == [release]
    Invariants(world).hold()
