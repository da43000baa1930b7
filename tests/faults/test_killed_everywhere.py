"""Killed at each persistence and network call of release, approval and rollback, `ona` is continued."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.e2e.world import World
from tests.faults.calls import Call
from tests.faults.invariants import Invariants
from tests.faults.ladder import Command, Ladder, Strike

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]
SEEDS = (1, 2, 3)
SAMPLE_OF = 90
ROLLBACK = ["rollback", "digits", "--env", "production", "--reason", "the field says no"]


class Road:
    """A release, its approval and a rollback, each climbed.

    Args:
        world: in which.
        ladder: with which strikes.
    """

    def __init__(self, world: World, ladder: Ladder) -> None:
        self.world = world
        self.ladder = ladder
        self.invariants = Invariants(world)

    def climbed(self, command: Command) -> list[Strike]:
        """Strike after strike; the invariants hold after each."""
        strikes = []
        for strike in self.ladder.climb(command):
            strikes.append(strike)
            self.invariants.hold()
        self.invariants.hold()
        return strikes

    def release(self) -> list[Strike]:
        """Up to the request for production; staging got one container."""
        strikes = self.climbed(lambda: self._unless_asked_for("release", "digits"))
        phases = [(p.environment, p.phase) for p in self.invariants.promotions()]
        assert phases == [("staging", "live"), ("production", "awaiting approval")]
        assert len(self.invariants.containers) == 1
        return strikes

    def approve(self) -> list[Strike]:
        """Up to the last pod; the Deployment was set once."""
        release = self.world.releases()[-1]
        strikes = self.climbed(lambda: self._unless_said('"approved"', 2, approval(release)))
        assert self.invariants.promotions()[-1].phase == "live"
        assert self.invariants.changes_of_production() == 1
        return strikes

    def roll_back(self) -> list[Strike]:
        """From the release after it; the Deployment was set forth and back, nothing rolled out twice."""
        self.world.commit("newer")
        second = self.world.ona("release", "digits", "--json").release
        self.world.ona(*approval(second))
        self.invariants.hold()
        strikes = self.climbed(lambda: self._unless_said('"rollback-requested"', 1, ROLLBACK))
        assert self.world.serving("production") == self.world.releases()[0]
        assert self.invariants.changes_of_production() == 3
        assert len(self.invariants.containers) == 2
        assert self.world.facts().count('"rolled-out"') == 4  # two releases, to two environments
        return strikes

    def recoveries(self, strikes: list[Strike]) -> list[float]:
        """From the start of each next process to its first fact, seconds, where it lived to write one."""
        written = [event.at.timestamp() for event in self.world.events()]
        lives = [(strike.began, strike.at) for strike in strikes[1:]] + [(self.ladder.began, time.time())]
        firsts = [(began, next((at for at in written if began < at < end), None)) for began, end in lives]
        return [first - began for began, first in firsts if first]

    def _unless_asked_for(self, *command: str) -> list[str]:
        """The command; once the ledger knows of a release, to go on with that."""
        return ["resume", self.world.releases()[-1]] if self.world.releases() else list(command)

    def _unless_said(self, fact: str, times: int, command: list[str]) -> list[str]:
        """The command; once the ledger has its fact, to go on with the release."""
        is_said = self.world.facts().count(fact) >= times
        return ["resume", self.world.releases()[-1]] if is_said else command


@pytest.fixture
def road(world: World, request: pytest.FixtureRequest) -> Road:
    """Climbed by the seed of the test."""
    seed, of = request.param
    return Road(world, Ladder(world, seed=seed, of=of, where=where(world.environment["ONA_LEDGER"])))


@pytest.mark.full
@pytest.mark.parametrize("road", [(seed, len(SEEDS)) for seed in SEEDS], indirect=True, ids=str)
def test_killed_at_every_call_everything_is_continued_and_nothing_is_done_twice(
    road: Road, record_property: Callable[[str, object], None]
) -> None:
    for part in (road.release, road.approve, road.roll_back):
        strikes = part()
        record_property("measured", told(part.__name__, road, strikes))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("road", [(1, SAMPLE_OF)], indirect=True, ids=str)
def test_killed_at_a_sample_of_calls_everything_is_continued(
    road: Road, record_property: Callable[[str, object], None]
) -> None:
    strikes = road.release() + road.approve()
    record_property("measured", told("sample", road, strikes))
    assert strikes


def where(ledger: str) -> Callable[[Call], bool]:
    """At each call with SQLite; with PostgreSQL at those to its server, for all others are the same."""
    url = make_url(ledger)
    server = f"{url.host}:{url.port}"
    return lambda call: url.get_backend_name() == "sqlite" or call.object == server


def approval(release: str) -> list[str]:
    return ["approve", release, "--to", "production", "--yes", "--reason", "seen"]


def told(what: str, road: Road, strikes: list[Strike]) -> str:
    """One line for the record."""
    took = road.recoveries(strikes)
    figures = f"{statistics.median(took):.1f} s, at most {max(took):.1f} s" if took else "none measured"
    left = sum(1 for _ in Path(road.world.environment["TMPDIR"]).iterdir())
    return f"{what}: killed at {len(strikes)} calls; recovered in {figures}; {left} temporary folders left"
