"""Who may waive what, for how long; and who may end it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ona_pipeline.errors import RefusedError, UsageError
from ona_pipeline.ledger import histories
from ona_pipeline.policy import EnvironmentPolicy, People, Person, Policy, WaiverPolicy
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.waiver import Waiver
from ona_pipeline.signing import Signing
from ona_pipeline.waivers import Waivable, Waivers
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.releases import RELEASER

PEOPLE = People(
    persons={
        "approver": Person(logins=("approver", "approver-admin")),
        "releaser": Person(logins=("releaser",)),
    },
    groups={"reviewers": ("approver",)},
)
POLICY = EnvironmentPolicy(
    people=PEOPLE, waivers=WaiverPolicy(by=("reviewers",), findings=("expectation-unmet", "frozen"))
)
UNMET = Waivable(model="digits", environment="production", finding="expectation-unmet")


class Given:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ledger = FakeLedger(clock=self.clock)

    def waivers(self, login: str = "approver", **claims: Any) -> Waivers:
        return Waivers(
            policy=lambda: Policy(environments={"production": POLICY}),
            ledger=self.ledger,
            clock=self.clock,
            actor=Actor(login, **claims),
            signing=Signing(folder=Path("/")),
        )

    def standing(self) -> tuple[Waiver, ...]:
        with self.ledger.reading() as reading:
            return histories.waivers(reading, "digits", "production", self.clock())


@pytest.fixture
def given() -> Given:
    return Given()


def test_a_waiver_is_an_event_with_a_name_a_reason_and_an_end(given: Given) -> None:
    made = given.waivers("root", behind="approver-admin").waive(UNMET, reason="known", lasts="7d")
    assert given.standing() == (made,)
    assert made.by == Actor("root", behind="approver-admin")
    assert (made.fact.person, made.fact.reason) == ("approver", "known")
    assert made.fact.expires_at == given.clock() + timedelta(days=7)


def test_whom_the_policy_does_not_name_waives_nothing(given: Given) -> None:
    for other in (given.waivers("releaser"), given.waivers("passer-by", email=RELEASER.email)):
        with pytest.raises(RefusedError, match="may not waive expectation-unmet") as refused:
            other.waive(UNMET, reason="known", lasts="7d")
        assert refused.value.hint == "by [tool.ona.waivers] of the policy, these may: approver"
    assert given.standing() == ()


def test_whoever_is_two_people_waives_nothing(given: Given) -> None:
    with pytest.raises(RefusedError, match="claims to be approver and releaser"):
        given.waivers("approver", behind="releaser").waive(UNMET, reason="known", lasts="7d")


@pytest.mark.parametrize(
    "finding", ["digest-mismatch", "format-not-allowed", "does-not-load", "expectation-umnet"]
)
def test_what_was_declared_can_never_be_waived(given: Given, finding: str) -> None:
    wanted = Waivable(model="digits", environment="production", finding=finding)
    with pytest.raises(RefusedError, match=f"{finding} can never be waived"):
        given.waivers().waive(wanted, reason="known", lasts="7d")


def test_what_the_policy_does_not_name_is_not_waived(given: Given) -> None:
    wanted = Waivable(model="digits", environment="production", finding="worse-than-champion")
    with pytest.raises(RefusedError, match="does not let anyone waive worse-than-champion") as refused:
        given.waivers().waive(wanted, reason="known", lasts="7d")
    assert "expectation-unmet, frozen" in refused.value.hint


def test_without_a_word_in_the_policy_nobody_waives_anything(given: Given) -> None:
    nothing = Waivers(
        policy=lambda: Policy(environments={"production": EnvironmentPolicy()}),
        ledger=given.ledger,
        clock=given.clock,
        actor=Actor("approver"),
        signing=Signing(folder=Path("/")),
    )
    with pytest.raises(RefusedError, match="does not let anyone") as refused:
        nothing.waive(UNMET, reason="known", lasts="7d")
    assert refused.value.hint.endswith(": nothing")


@pytest.mark.parametrize(
    ("reason", "lasts", "said"),
    [(" ", "7d", "a waiver needs a reason"), ("known", "for ever", "wanted a duration such as 30s")],
)
def test_a_waiver_without_reason_or_end_is_a_usage_error(
    given: Given, reason: str, lasts: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        given.waivers().waive(UNMET, reason=reason, lasts=lasts)
    with pytest.raises(UsageError, match="no environment is called 'nowhere'"):
        given.waivers().waive(
            Waivable(model="digits", environment="nowhere", finding="frozen"), reason="known", lasts="7d"
        )


def test_revoking_ends_the_waivers_of_that_finding_and_no_other(given: Given) -> None:
    made = given.waivers().waive(UNMET, reason="known", lasts="7d")
    frozen = Waivable(model="digits", environment="production", finding="frozen")
    kept = given.waivers().waive(frozen, reason="outage", lasts="2h")
    assert given.waivers("approver-admin").revoke(UNMET, reason="mended") == (made,)
    assert given.standing() == (kept,)


def test_revoking_names_a_subject_where_it_is_meant_for_one(given: Given) -> None:
    one = Waivable(model="digits", environment="production", finding="expectation-unmet", about="a")
    given.waivers().waive(UNMET, reason="known", lasts="7d")
    made = given.waivers().waive(one, reason="known", lasts="7d")
    assert given.waivers().revoke(one, reason="mended") == (made,)


def test_revoking_what_is_not_there_lists_what_is(given: Given) -> None:
    frozen = Waivable(model="digits", environment="production", finding="frozen")
    given.waivers().waive(frozen, reason="outage", lasts="2h")
    with pytest.raises(UsageError, match="no waiver of expectation-unmet is in force") as refused:
        given.waivers().revoke(UNMET, reason="mended")
    assert refused.value.hint == "in force there: frozen"
    with pytest.raises(RefusedError, match="may not waive"):
        given.waivers("releaser").revoke(frozen, reason="mended")
