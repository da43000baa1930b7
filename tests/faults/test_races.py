"""Two real processes at the same moment: one wins, the other is told who did, and it is rolled out once."""

import pytest

from tests.backends import docker_engine
from tests.e2e.world import World

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]
ROUNDS = 3


class Race:
    """Two people at two terminals.

    Args:
        world: in which they are.
    """

    def __init__(self, world: World) -> None:
        self.world = world

    def given(self, *, approval: str) -> None:
        """The policy for what is released from now on; on the Docker engine each round takes seconds less."""
        self.world.set_production_alone(approval=approval, deadline="2m", kind="docker")

    def released(self) -> str:
        """A new release."""
        self.world.commit("nothing but a new commit")
        return self.world.ona("release", "digits", "--json").release

    def published(self) -> str:
        """A new release that was not promoted to anywhere."""
        self.given(approval="manual")
        release = self.released()
        self.world.ona("withdraw", release, "--reason", "it is about to be raced")
        return release

    def at_once(self, *commands: list[str]) -> list[tuple[int, str]]:
        """Run them together, each as a person of its own: exit code and notes of each."""
        started = [
            self.world.started(*command, environment={"GITHUB_ACTOR": f"person-{number}"})
            for number, command in enumerate(commands)
        ]
        notes = [process.communicate(timeout=180)[1] for process in started]
        return [(process.returncode, said) for process, said in zip(started, notes, strict=True)]

    def rolled_out(self) -> int:
        """How many rollouts the ledger has."""
        return self.world.facts().count('"rolled-out"')

    def containers(self) -> list[str]:
        """The releases whose containers are there."""
        label = f"ona.place={self.world.namespace}/digits/production"
        found = docker_engine().sdk.containers.list(all=True, filters={"label": label})
        return [container.labels["ona.release"] for container in found]


@pytest.fixture
def race(world: World) -> Race:
    world.environment["ONA_TARGETS_PRODUCTION_KIND"] = "docker"
    return Race(world)


def approve_at_once(race: Race) -> None:
    release, before = race.released(), race.rolled_out()
    approvals = [["approve", release, "--yes", "--reason", str(person)] for person in range(2)]

    said = race.at_once(*approvals)

    assert sorted(status for status, _ in said) == [0, 3], said
    winner = next(number for number, (status, _) in enumerate(said) if not status)
    assert f"was approved by person-{winner}" in said[1 - winner][1]
    assert race.rolled_out() == before + 1
    assert race.containers() == [release]


def decide_at_once(race: Race) -> None:
    release, before = race.released(), race.rolled_out()

    yes, no = race.at_once(
        ["approve", release, "--yes", "--reason", "yes"], ["reject", release, "--reason", "no"]
    )

    assert sorted((yes[0], no[0])) == [0, 3], (yes, no)
    told = "was approved by person-0" if no[0] else "was rejected by person-1"
    assert told in (no[1] if no[0] else yes[1])
    assert race.rolled_out() == before + (1 if no[0] else 0)


def promote_at_once(race: Race) -> None:
    releases, before = [race.published(), race.published()], race.rolled_out()
    race.given(approval="automatic")

    said = race.at_once(*(["promote", release, "--to", "production"] for release in releases))

    (serving,) = race.containers()
    winner = releases.index(serving)
    status, notes = said[1 - winner]
    assert said[winner][0] == 0, said
    if race.rolled_out() == before + 1:
        assert status in {0, 3}, said
        assert serving in notes
    else:  # the other one had come to its end before this one began
        assert (status, race.rolled_out()) == (0, before + 2), said


RACES = [approve_at_once, decide_at_once, promote_at_once]


@pytest.mark.parametrize(
    "database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_of_two_at_once_one_wins(race: Race) -> None:
    race.given(approval="manual")
    approve_at_once(race)


@pytest.mark.full
@pytest.mark.parametrize("run", RACES)
def test_of_two_at_once_one_wins_each_time(race: Race, run, record_property) -> None:
    race.given(approval="manual")
    for _ in range(ROUNDS):
        run(race)
    record_property("measured", f"{run.__name__}: {ROUNDS} rounds, one at a time, and the other was told")
