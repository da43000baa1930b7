"""People are compared, and not the names that they go by."""

import pytest

from ona_pipeline.policy import People, Person
from ona_pipeline.records.actor import Actor

PEOPLE = People(
    persons={
        "approver-a": Person(logins=("approver-a", "approver-a-admin"), emails=("approver-a@example.org",)),
        "approver-b": Person(logins=("approver-b",), emails=("approver-b@example.org",)),
    },
    groups={"reviewers": ("approver-a", "approver-b")},
)
NOBODY = People()


@pytest.mark.parametrize(
    "actor",
    [
        Actor("approver-a-admin"),
        Actor("root", behind="approver-a"),
        Actor("approver-b", behind="approver-a"),
        Actor("approver-b", account="approver-a"),
        Actor("runner", email="approver-a@example.org", via="job"),
        Actor("approver-a", email="approver-b@example.org"),
    ],
    ids=[
        "a second login",
        "root by sudo",
        "another by sudo",
        "another's GITHUB_ACTOR",
        "an e-mail",
        "a foreign e-mail",
    ],
)
def test_whoever_may_be_an_approver_is_one_with_that_approver(actor: Actor) -> None:
    assert PEOPLE.are_one(Actor("approver-a"), actor)


@pytest.mark.parametrize(
    "actor",
    [
        Actor("approver-b"),
        Actor("approver-b", email="approver-a@example.org"),
        Actor("approver-b", account="runner"),
        Actor("root"),
        Actor("passer-by"),
    ],
)
def test_whoever_has_a_login_of_their_own_is_not(actor: Actor) -> None:
    assert not PEOPLE.are_one(Actor("approver-a"), actor)


def test_root_is_whoever_is_behind_it() -> None:
    assert PEOPLE.person_of(Actor("root", behind="approver-a")) == "approver-a"
    assert PEOPLE.person_of(Actor("root")) == ""
    assert PEOPLE.person_of(Actor("approver-b", behind="approver-a")) == "approver-b"


def test_an_email_address_gives_nobody_a_name() -> None:
    assert PEOPLE.person_of(Actor("runner", email="approver-a@example.org")) == ""
    assert PEOPLE.who(Actor("runner", email="approver-a@example.org")) == "runner"


def test_where_nobody_is_declared_a_login_is_somebody() -> None:
    assert NOBODY.who(Actor("root", behind="approver-a")) == "approver-a"
    assert NOBODY.are_one(Actor("approver-a"), Actor("approver-b", behind="approver-a"))
    assert not NOBODY.are_one(Actor("approver-a", account="runner"), Actor("approver-b", account="runner"))
    assert not NOBODY.are_one(
        Actor("approver-a", email="team@example.org"), Actor("approver-b", email="team@example.org")
    )


def test_groups_are_their_people_and_each_is_named_once() -> None:
    assert PEOPLE.members(("approver-b", "reviewers")) == ("approver-b", "approver-a")
