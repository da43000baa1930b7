"""The road, end to end: from a commit to the pods, and back."""

import tomllib

import pytest

from tests.e2e.conftest import kubectl
from tests.e2e.world import World, ask

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]


def test_a_commit_reaches_the_pods_by_a_persons_word_and_goes_back(world: World) -> None:
    # given a release that went to staging unasked and waits for production
    first = world.ona("release", "digits", "--note", "first one", "--json")
    assert first.phase("staging") == "live"
    assert first.phase("production") == "awaiting approval"
    assert world.serving("production") == ""

    # when a person approves it
    approved = world.ona("approve", first.release, "--yes", "--reason", "looks right", "--json")

    # then every pod runs the approved digest, and the Service answers a digit it has not seen
    assert approved.phase("production") == "live"
    image = approved.record["promotions"][0]["requested"]["binding"]["image"]
    pods = kubectl(
        "get", "pods", "-n", world.namespace, "-o", "jsonpath={.items[*].spec.containers[0].image}"
    )
    assert set(pods.split()) == {image}
    declared = tomllib.loads((world.folder / "models/digits/release.toml").read_text())["question"]
    outputs, headers = ask(world.address(first.release, "production"), declared["inputs"][0]["data"])
    assert outputs["label"] == declared["answer"]["label"]
    assert headers["ona-release"] == first.release

    # and the self-approval is on record
    shown = world.ona("show", first.release, "--json").record
    assert shown["promotions"][-1]["decision"]["self_approved"] is True
    assert shown["promotions"][-1]["decision"]["reason"] == "looks right"

    # given a second release in production
    world.commit("nothing but a new commit")
    second = world.ona("release", "digits", "--json")
    compared = world.ona("show", second.release, "--json").record["evidence"]["validate"]["comparison"]
    assert compared["champion"] == first.release
    assert compared["changed_answers"] == 0
    world.ona("approve", second.release, "--yes", "--reason", "newer")
    assert world.serving("production") == second.release

    # when a person rolls back
    world.ona("rollback", "digits", "--env", "production", "--reason", "the field says no")

    # then the first serves again, and automation is kept out until the hold is lifted
    assert world.serving("production") == first.release
    _, headers = ask(world.address(first.release, "production"), [0.0] * 64)
    assert headers["ona-release"] == first.release
    held = world.ona("promote", second.release, "--to", "production", "--json")
    refused = world.ona("approve", second.release, "--yes", "--reason", "again", status=3)
    assert held.phase("production") == "awaiting approval"
    assert "on hold" in refused.notes

    # and the history says who and when
    releases = [
        line.split("\t")[3]
        for line in world.ona("history", "digits", "--env", "production").answer.splitlines()
    ]
    assert releases == [first.release, second.release, first.release]


def test_an_automatic_environment_is_continuous_deployment(world: World) -> None:
    text = (world.folder / "pyproject.toml").read_text()
    world.write("pyproject.toml", text.replace('approval = "manual"', 'approval = "automatic"'))
    world.commit("production goes by itself")

    released = world.ona("release", "digits", "--json")

    assert released.phase("production") == "live"
    assert world.serving("production") == released.release


def test_a_rejected_release_cannot_be_approved_and_neither_can_an_approved_one(world: World) -> None:
    released = world.ona("release", "digits", "--json")
    world.ona("reject", released.release, "--to", "production", "--reason", "not yet")

    refused = world.ona(
        "approve", released.release, "--to", "production", "--yes", "--reason", "yes", status=3
    )
    assert "rejected" in refused.notes

    twice = world.ona("approve", released.release, "--to", "staging", "--yes", "--reason", "yes", status=3)
    assert released.release in twice.notes


def test_a_newer_candidate_supersedes_the_older_visibly(world: World) -> None:
    older = world.ona("release", "digits", "--json")
    world.commit("newer")
    newer = world.ona("release", "digits", "--json")

    refused = world.ona("approve", older.release, "--to", "production", "--yes", "--reason", "old", status=3)

    assert newer.release in refused.notes
