from datetime import timedelta

import pytest

from ona_pipeline.errors import RefusedError
from ona_pipeline.policy import EnvironmentPolicy, People, Person
from ona_pipeline.records.actor import POLICY
from ona_pipeline.records.canonical import decode
from ona_pipeline.records.promotion import PromotionPhase
from ona_pipeline.records.promotion_facts import RolloutStarted
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.releases import AUTOMATIC, JOB, MANUAL, binding, digest, hold, published, roll_out, write
from tests.fakes.requests import ask, now, say_no, say_yes


def test_a_request_waits_for_a_person_and_expires_by_policy(ledger: FakeLedger, clock: FakeClock) -> None:
    promotion = ask(ledger, clock, published(ledger))
    assert promotion.id == "digits-1.production.1"
    assert promotion.phase is PromotionPhase.AWAITING
    assert promotion.requested.expires_at == clock.now + timedelta(days=7)


def test_asking_again_for_the_same_finds_the_open_one(ledger: FakeLedger, clock: FakeClock) -> None:
    release = published(ledger)
    assert ask(ledger, clock, release) == ask(ledger, clock, release)


def test_asking_for_what_is_live_changes_nothing(ledger: FakeLedger, clock: FakeClock) -> None:
    release = published(ledger)
    live = roll_out(ledger, say_yes(ledger, clock, ask(ledger, clock, release)))
    assert ask(ledger, clock, release) == live
    other = binding(ledger, release, objects=digest("more replicas"))
    assert ask(ledger, clock, release, bound=other).id == "digits-1.production.2"


def test_asking_again_after_a_no_opens_another(ledger: FakeLedger, clock: FakeClock) -> None:
    release = published(ledger)
    say_no(ledger, clock, ask(ledger, clock, release))
    assert ask(ledger, clock, release).id == "digits-1.production.2"


@pytest.mark.parametrize("approved", [False, True])
def test_a_newer_candidate_takes_the_place_of_one_that_waits(
    ledger: FakeLedger, clock: FakeClock, approved: bool
) -> None:
    older = ask(ledger, clock, published(ledger, "digits-1"))
    if approved:
        say_yes(ledger, clock, older)
    ask(ledger, clock, published(ledger, "digits-2"))
    assert now(ledger, older).phase is PromotionPhase.SUPERSEDED
    assert now(ledger, older).reason == "by digits-2.production.1"


def test_what_is_rolling_out_is_left_alone(ledger: FakeLedger, clock: FakeClock) -> None:
    older = say_yes(ledger, clock, ask(ledger, clock, published(ledger, "digits-1")))
    write(ledger, older, RolloutStarted())
    ask(ledger, clock, published(ledger, "digits-2"))
    assert now(ledger, older).phase is PromotionPhase.ROLLING_OUT


def test_another_environment_is_left_alone(ledger: FakeLedger, clock: FakeClock) -> None:
    release = published(ledger)
    older = ask(ledger, clock, release)
    assert ask(ledger, clock, release, environment="staging").id == "digits-1.staging.1"
    assert now(ledger, older).phase is PromotionPhase.AWAITING


def test_an_older_request_whose_time_is_over_has_expired(ledger: FakeLedger, clock: FakeClock) -> None:
    release = published(ledger)
    older = ask(ledger, clock, release)
    clock.pass_(days=7)
    assert ask(ledger, clock, release).id == "digits-1.production.2"
    assert now(ledger, older).phase is PromotionPhase.EXPIRED


class TestAutomatic:
    def test_the_policy_says_yes_by_itself(self, ledger: FakeLedger, clock: FakeClock) -> None:
        promotion = ask(ledger, clock, published(ledger), policy=AUTOMATIC, actor=JOB)
        assert promotion.phase is PromotionPhase.APPROVED
        assert promotion.decided_by == POLICY

    def test_an_inconclusive_verdict_makes_a_person_decide(
        self, ledger: FakeLedger, clock: FakeClock
    ) -> None:
        doubtful = published(ledger, doubt=True)
        assert ask(ledger, clock, doubtful, policy=AUTOMATIC).phase is PromotionPhase.AWAITING

    @pytest.mark.parametrize("policy", [AUTOMATIC, MANUAL])
    def test_a_hold_refuses_whatever_nobody_asked_for(
        self, ledger: FakeLedger, clock: FakeClock, policy: object
    ) -> None:
        release = published(ledger)
        hold(ledger, "sevens are wrong")
        with pytest.raises(RefusedError, match=r"on hold: sevens are wrong \(approver\)") as refused:
            ask(ledger, clock, release, policy=policy, actor=JOB)  # type: ignore[arg-type]
        assert "ona unhold digits --env production" in refused.value.hint

    def test_a_person_may_ask_while_on_hold_and_it_waits(self, ledger: FakeLedger, clock: FakeClock) -> None:
        release = published(ledger)
        hold(ledger)
        assert ask(ledger, clock, release, policy=AUTOMATIC).phase is PromotionPhase.AWAITING

    def test_once_the_hold_is_lifted_automation_goes_on(self, ledger: FakeLedger, clock: FakeClock) -> None:
        release = published(ledger)
        hold(ledger)
        hold(ledger, lifted=True)
        assert ask(ledger, clock, release, policy=AUTOMATIC, actor=JOB).phase is PromotionPhase.APPROVED


def test_the_policy_that_is_bound_is_kept_for_whoever_asks_later_who_might_have_decided(
    ledger: FakeLedger, clock: FakeClock
) -> None:
    policy = EnvironmentPolicy(
        approvers=("reviewers",),
        quorum=2,
        people=People({"a": Person(logins=("approver-a",)), "b": Person()}, {"reviewers": ("a", "b")}),
    )
    promotion = ask(ledger, clock, published(ledger), policy=policy)
    with ledger.reading() as reading:
        kept = decode(reading.evidence(promotion.binding.policy), EnvironmentPolicy)
    assert kept == policy
    assert promotion.requested.quorum == 2
