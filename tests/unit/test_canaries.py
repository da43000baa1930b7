"""Promotions with a canary: what is written, what a person may do, and who comes after a killed process."""

import pytest

from ona_pipeline.errors import RefusedError, UsageError
from ona_pipeline.policy import EnvironmentPolicy, WaiverPolicy
from ona_pipeline.policy.canary import CanaryPolicy
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.rollout.traffic import Counts
from tests.fakes.given import Given
from tests.fakes.releases import APPROVER, JOB, published, waive
from tests.fakes.target import FakeCanary

WAIVED_BY = WaiverPolicy(by=("approver",), findings=("canary-undecided",))
POLICY = EnvironmentPolicy(canary=CanaryPolicy(), waivers=WAIVED_BY)


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture(name="given")
def _given() -> Given:
    given = Given()
    given.environments["production"] = POLICY
    given.live("digits-1")
    beside(given).each_look = (Counts(requests=150), Counts(requests=300))
    return given


def beside(given: Given) -> FakeCanary:
    return given.targets["production"].beside


def approved(given: Given, name: str = "digits-2") -> Promotion:
    """What a yes comes to."""
    asked = given.promotions().promote(published(given.ledger, name), "production")
    return given.promotions(APPROVER).approve(asked, reason="fine")


def refused(given: Given) -> RefusedError:
    with pytest.raises(RefusedError) as told:
        approved(given)
    return told.value


def facts(given: Given) -> list[str]:
    with given.ledger.reading() as reading:
        events = reading.events(subject=given.newest().id)
    return [str(type(event.fact).__struct_config__.tag) for event in events][3:]


def test_a_first_release_has_nothing_to_be_compared_with_and_goes_without(given: Given):
    assert beside(given).applied == []


def test_one_that_passes_is_followed_by_all_and_taken_away(given: Given):
    live = approved(given)
    assert live.phase is PromotionPhase.LIVE
    assert live.canary is not None
    assert live.canary.verdict is Verdict.PASSED
    assert facts(given) == ["canary-judged", "rolled-out"]
    assert given.targets["production"].answering() == "digits-2"
    assert beside(given).serving() is None


def test_one_that_is_worse_is_back_and_the_environment_on_hold(given: Given):
    beside(given).each_look = (Counts(requests=150, errors=60), Counts(requests=300))
    error = refused(given)
    assert "canary-errors" in error.message
    assert "the others serve as before" in error.hint
    assert given.newest().phase is PromotionPhase.ROLLED_BACK
    assert facts(given) == ["rolled-back"]
    assert given.targets["production"].applied == ["digits-1"]
    with pytest.raises(RefusedError, match="on hold"):
        approved(given, "digits-3")


class TestTooLittleTraffic:
    @pytest.fixture(autouse=True)
    def _little(self, given: Given) -> None:
        beside(given).each_look = (Counts(requests=1), Counts(requests=300))

    def test_leaves_the_canary_serving_and_says_what_a_person_may_do(self, given: Given):
        error = refused(given)
        assert "could not be judged" in error.message
        assert "ona waive digits --finding canary-undecided --env production" in error.hint
        assert error.exit_code == 3
        assert given.newest().phase is PromotionPhase.ROLLING_OUT
        assert facts(given) == ["canary-judged"]
        assert beside(given).serving() is not None

    def test_is_looked_at_again_by_whoever_resumes(self, given: Given):
        refused(given)
        beside(given).each_look = (Counts(requests=150), Counts(requests=300))
        assert given.promotions().resume(given.newest()).phase is PromotionPhase.LIVE
        assert facts(given) == ["canary-judged", "rollout-started", "canary-judged", "rolled-out"]

    def test_is_gone_on_with_where_it_is_waived_and_not_measured_again(self, given: Given):
        refused(given)
        waive(given.ledger, "canary-undecided")
        began = given.clock()
        live = given.promotions().resume(given.newest())
        assert live.phase is PromotionPhase.LIVE
        assert live.canary is not None
        assert len(live.canary.waivers) == 1
        assert (given.clock() - began).total_seconds() < 60

    def test_is_gone_on_with_at_once_where_it_was_waived_before(self, given: Given):
        waive(given.ledger, "canary-undecided")
        assert approved(given).phase is PromotionPhase.LIVE

    def test_can_be_rolled_back(self, given: Given):
        refused(given)
        restored = given.promotions().roll_back("digits", "production", to="", reason="too quiet")
        assert (restored.release, restored.phase) == ("digits-1", PromotionPhase.LIVE)
        assert beside(given).serving() is None


def test_a_process_that_is_killed_meanwhile_is_followed_and_the_canary_is_measured_anew(given: Given):
    def die() -> None:
        raise Killed

    beside(given).happens = die
    with pytest.raises(Killed):
        approved(given)
    beside(given).happens = lambda: None
    assert given.newest().phase is PromotionPhase.ROLLING_OUT
    assert given.promotions().resume(given.newest()).phase is PromotionPhase.LIVE
    assert facts(given) == ["rollout-started", "canary-judged", "rolled-out"]
    assert beside(given).serving() is None


def test_a_process_that_is_killed_after_the_verdict_is_followed_without_another_canary(given: Given):
    given.failing = Killed()  # in the rollout that follows the canary
    with pytest.raises(Killed):
        approved(given)
    began = given.clock()
    assert given.promotions().resume(given.newest()).phase is PromotionPhase.LIVE
    assert facts(given) == ["canary-judged", "rollout-started", "rolled-out"]
    assert (given.clock() - began).total_seconds() < 60


def test_a_rollback_while_it_is_measured_takes_it_away_and_nothing_follows(given: Given):
    def somebody_rolls_back() -> None:
        beside(given).happens = lambda: None
        given.promotions(APPROVER).roll_back("digits", "production", to="", reason="no")

    beside(given).happens = somebody_rolls_back
    with pytest.raises(RefusedError):
        approved(given)
    assert given.newest().phase is PromotionPhase.ROLLED_BACK
    assert beside(given).serving() is None
    assert given.targets["production"].answering() == "digits-1"


class TestSomethingNewer:
    """Waiting holds nothing: not even for a canary that was too quiet to be judged."""

    @pytest.fixture(autouse=True)
    def _too_quiet(self, given: Given) -> None:
        beside(given).each_look = (Counts(requests=1), Counts(requests=300))
        refused(given)

    def test_supersedes_it_and_has_a_canary_of_its_own(self, given: Given):
        older = given.newest()
        beside(given).each_look = (Counts(requests=150), Counts(requests=300))
        assert approved(given, "digits-3").phase is PromotionPhase.LIVE
        older = given.now(older)
        assert (older.phase, older.reason) == (PromotionPhase.SUPERSEDED, "by digits-3.production.1")
        assert [release for release, _ in beside(given).applied] == ["digits-2", "digits-3"]
        assert beside(given).serving() is None
        with pytest.raises(RefusedError, match="was superseded: by digits-3"):
            given.promotions(APPROVER).approve(older, reason="that one")

    def test_of_automation_waits_in_line_behind_a_person_s_word(self, given: Given):
        newer = given.promotions(JOB).promote(published(given.ledger, "digits-3"), "production")
        assert newer.phase is PromotionPhase.IN_LINE
        assert given.promotions(JOB).resume(given.newest()).phase is PromotionPhase.IN_LINE

    def test_does_not_where_the_older_one_may_go_on(self, given: Given):
        older = given.newest()
        waive(given.ledger, "canary-undecided")
        given.failing = Killed()
        with pytest.raises(Killed):
            given.promotions().resume(older)
        with pytest.raises(RefusedError, match="is busy"):
            approved(given, "digits-3")
        assert given.now(older).phase is PromotionPhase.ROLLING_OUT

    def test_that_is_automatic_does_not_wait_for_a_word_on_what_automation_left(self, given: Given):
        given.promotions().roll_back("digits", "production", to="", reason="too quiet")
        given.promotions().set_hold("digits", "production", reason="looked at", held=False)
        given.environments["production"] = EnvironmentPolicy(canary=CanaryPolicy(), approval="automatic")
        with pytest.raises(RefusedError, match="could not be judged"):
            given.promotions(JOB).promote(published(given.ledger, "digits-4"), "production")
        beside(given).each_look = (Counts(requests=150), Counts(requests=300))
        live = given.promotions(JOB).promote(published(given.ledger, "digits-5"), "production")
        assert (live.release, live.phase) == ("digits-5", PromotionPhase.LIVE)


def test_another_policy_of_canaries_makes_what_was_asked_for_void(given: Given):
    asked = given.promotions().promote(published(given.ledger, "digits-2"), "production")
    given.environments["production"] = EnvironmentPolicy(waivers=WAIVED_BY)
    with pytest.raises(RefusedError, match="policy"):
        given.promotions(APPROVER).approve(asked, reason="fine")
    assert given.now(asked).phase is PromotionPhase.VOID


def test_what_should_be_beside_it_and_is_not_costs_no_time(given: Given):
    beside(given).alone = True
    began = given.clock()
    live = approved(given)
    assert live.phase is PromotionPhase.LIVE
    assert beside(given).applied == []
    assert (given.clock() - began).total_seconds() < 60


def test_a_target_that_another_hand_changed_after_the_verdict_keeps_no_canary(given: Given):
    given.failing = Killed()
    with pytest.raises(Killed):
        approved(given)
    given.targets["production"].set_by_hand("digits:by-hand")
    assert beside(given).serving() is not None
    with pytest.raises(RefusedError, match="target-changed"):
        given.promotions().resume(given.newest())
    assert beside(given).serving() is None
    assert given.newest().phase is PromotionPhase.ROLLED_BACK


def test_a_target_without_a_place_for_one_is_named_before_anything_is_touched(
    given: Given, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(given.targets["production"], "canary", lambda: None)
    with pytest.raises(UsageError, match="no place for a canary"):
        approved(given)
    assert given.targets["production"].applied == ["digits-1"]
