"""A push meets a person's request: it waits in line, and is compared anew when it is its turn."""

import subprocess

import pytest

from tests.e2e.world import ONA, World

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]


def pushed(world: World, message: str) -> "subprocess.CompletedProcess[str]":
    """A commit to the model, handed to the hook as git does it."""
    before = world.git("rev-parse", "HEAD")
    world.write("models/digits/README.md", message)
    after = world.commit(message)
    return subprocess.run(
        [str(ONA), "hook", "run"],
        cwd=world.folder,
        env=world.environment,
        input=f"{before} {after} refs/heads/main\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_automation_waits_for_a_person_and_is_compared_anew(production_alone: World) -> None:
    world = production_alone
    # given a person's request that waits
    persons = world.ona("release", "digits", "--json").release

    # when a push brings another candidate, then that one is in line, and says behind whose
    done = pushed(world, "another one")
    assert done.returncode == 0, done.stderr
    first, second = world.promotions()
    assert (first.release, first.phase, second.phase) == (persons, "awaiting approval", "in line")
    assert f"in line behind {first.id} of" in done.stderr
    assert "releaser@example.org" in done.stderr

    # and it can neither be approved nor resumed past the first
    world.ona("approve", second.release, "--yes", "--reason", "yes", status=3)
    world.ona("resume", "--all")
    assert [promotion.phase for promotion in world.promotions()] == ["awaiting approval", "in line"]

    # when the person's is live, then the other is compared with that, without a rebuild, and asked about
    world.ona("approve", persons, "--yes", "--reason", "yes")
    begun = world.facts().count("stage-started")
    world.ona("resume", "--all")
    turn = world.promotions()[-1]
    assert (turn.release, turn.phase, turn.binding.champion) == (
        second.release,
        "awaiting approval",
        first.id,
    )
    assert turn.binding.image == second.binding.image
    assert world.facts().count("stage-started") == begun
    seen = world.ona("approve", turn.release, "--json").record
    assert seen["comparison"]["champion"] == persons
    assert seen["champion"] == persons
