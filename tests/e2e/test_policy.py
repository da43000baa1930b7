"""What the policy of an environment makes of a request: people, a quorum, a freeze, waivers."""

import json

import pytest

from tests.e2e.world import Said, World

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]

# The user id 1 is called daemon wherever there is one.
PEOPLE = """
[tool.ona.people.releaser]
logins = ["releaser", "releaser-2", "daemon"]

[tool.ona.people.approver-a]
logins = ["approver-a"]

[tool.ona.people.approver-b]
logins = ["approver-b"]

[tool.ona.groups]
reviewers = ["releaser", "approver-a", "approver-b"]

[tool.ona.waivers]
by = ["approver-a", "approver-b"]
findings = ["expectation-unmet", "frozen"]
"""
TWO = """\
approval = "manual"
approvers = ["reviewers"]
quorum = 2
freeze = [
    {from = "2026-01-01 00:00", until = "2199-01-01 00:00", zone = "Europe/Berlin", reason = "stocktaking"},
]"""


@pytest.fixture
def reviewed(world: World) -> World:
    """Where production takes two of the reviewers, and is frozen."""
    text = (world.folder / "pyproject.toml").read_text()
    world.write("pyproject.toml", text.replace('approval = "manual"', TWO) + PEOPLE)
    world.commit("people decide")
    return world


def by(world: World, login: str, *arguments: str, status: int = 0) -> Said:
    """What `ona` says to somebody whom a CI system vouches for."""
    return world.ona(*arguments, status=status, environment={"GITHUB_ACTOR": login})


def test_two_people_say_yes_and_a_waiver_lets_it_through_a_freeze(reviewed: World) -> None:
    # given a request of the releaser
    asked = by(reviewed, "releaser", "release", "digits", "--json")
    assert asked.phase("production") == "awaiting approval"
    yes = ("approve", asked.release, "--to", "production", "--yes", "--reason", "seen")

    # when the same person comes by another login, or by sudo, it is no approver
    assert ", who asked for " in by(reviewed, "releaser-2", *yes, status=3).notes
    assert "may not approve" in reviewed.ona(*yes, status=3, environment={"SUDO_UID": "1"}).notes

    # when one reviewer says yes, twice, one yes counts and everyone sees whose
    first = by(reviewed, "approver-a", *yes, "--json")
    assert first.phase("production") == "awaiting approval"
    assert "approver-a said yes" in by(reviewed, "approver-a", *yes, status=3).notes
    assert "1 of 2 said yes: approver-a" in reviewed.ona("status").answer
    screen = by(reviewed, "approver-b", "approve", asked.release, "--json").record
    assert [one["person"] for one in screen["endorsements"]] == ["approver-a"]
    assert [one["code"] for one in screen["unmet"]] == ["frozen"]

    # when the other says so too, the approval is kept until the freeze is over, or waived
    frozen = by(reviewed, "approver-b", *yes, status=3)
    assert "frozen until 2198-12-31 23:00:00 UTC: stocktaking" in frozen.notes
    assert reviewed.serving("production") == ""
    waive = (
        "waive",
        "digits",
        "--finding",
        "frozen",
        "--env",
        "production",
        "--for",
        "1h",
        "--reason",
        "outage",
    )
    assert "may not waive frozen" in by(reviewed, "releaser", *waive, status=3).notes
    waiver = by(reviewed, "approver-a", *waive, "--json").record
    reviewed.ona("resume", asked.release)

    # then it serves, and the ledger says by whose word
    assert reviewed.serving("production") == asked.release
    assert f'"waivers":["{waiver["digest"]}"]' in reviewed.facts()
    history = reviewed.ona("history", "digits", "--env", "production").answer
    assert "approver-a" in history
    assert "approver-b" in history


@pytest.mark.full
def test_a_refusal_that_is_waived_is_for_a_person_and_ends_with_the_waiver(reviewed: World) -> None:
    # given a suite that the model does not meet
    path = "validation/digits/metrics.json"
    suite = json.loads((reviewed.folder / path).read_text())
    suite["expectations"][0]["kwargs"]["min_value"] = 0.9999
    reviewed.write(path, json.dumps(suite))
    reviewed.commit("ask for too much")
    release = ("release", "digits", "--to", "staging")
    assert "expectation-unmet" in by(reviewed, "releaser", *release, status=3).notes

    # when it is waived, the automatic environment asks, and the approver sees it
    where = ("digits", "--finding", "expectation-unmet", "--env", "staging", "--reason", "known")
    by(reviewed, "approver-a", "waive", *where, "--for", "7d")
    waits = by(reviewed, "releaser", *release, "--json")
    assert waits.phase("staging") == "awaiting approval"
    screen = by(reviewed, "approver-b", "approve", waits.release, "--json").record
    assert [one["fact"]["reason"] for one in screen["waivers"]] == ["known"]
    assert {gate["stage"]: gate["verdict"] for gate in screen["gates"]}["validate"] == "inconclusive"

    # when the waiver is revoked, a yes to it is void
    by(reviewed, "approver-b", "unwaive", *where)
    refused = by(reviewed, "approver-b", "approve", waits.release, "--yes", "--reason", "too late", status=3)
    assert "is void" in refused.notes
    assert "waivers: wanted" in refused.notes
    assert reviewed.serving("staging") == ""
