"""A process that is killed on its way is continued by the next one, and nothing is rolled out twice."""

import time

import pytest

from tests.e2e.conftest import kubectl
from tests.e2e.world import World

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]


def killed_when(world: World, fact: str, *arguments: str) -> None:
    """Start `ona`, and kill it as soon as it has written one more of `fact`."""
    before = world.facts().count(fact)
    process = world.started(*arguments)
    deadline = time.monotonic() + 120
    while world.facts().count(fact) == before:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, fact
        time.sleep(0.02)
    process.kill()
    process.communicate()


def test_killed_between_publish_and_approval(world: World) -> None:
    killed_when(world, "release-published", "release", "digits")
    release = world.releases()[-1]

    resumed = world.ona("resume", release, "--json")

    assert resumed.phase("staging") == "live"
    assert resumed.phase("production") == "awaiting approval"
    assert world.facts().count("release-published") == 1
    assert world.facts().count("promotion-requested") == 2


def test_killed_during_the_rollout(world: World) -> None:
    released = world.ona("release", "digits", "--json")
    killed_when(world, "rollout-started", "approve", released.release, "--yes", "--reason", "yes")
    assert world.serving("production") == ""

    world.ona("resume", "--all")

    assert world.serving("production") == released.release
    facts = world.facts()
    assert facts.count("rolled-out") == 2  # staging and production, once each
    revisions = kubectl(
        "get",
        "deployment",
        "digits",
        "-n",
        world.namespace,
        "-o",
        "jsonpath={.metadata.annotations.deployment\\.kubernetes\\.io/revision}",
    )
    assert revisions == "1"


def test_killed_during_the_rollback(world: World) -> None:
    first, second = (world.ona("release", "digits", "--to", "staging", "--json").release for _ in range(2))
    rollback = ("rollback", "digits", "--env", "staging", "--reason", "the field says no")
    killed_when(world, "rollback-requested", *rollback)
    assert world.serving("staging") == second

    world.ona("resume", "--all")

    assert world.serving("staging") == first
    assert world.facts().count("rollback-requested") == 1


def test_killed_while_validating(world: World) -> None:
    killed_when(world, '"validate"', "release", "digits", "--to", "staging")
    release = world.releases()[-1]

    resumed = world.ona("resume", release, "--json")

    assert resumed.record["release"]["phase"] == "published"
    assert world.serving("staging") == release
