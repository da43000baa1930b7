"""A rollback that was asked for is carried out by whoever comes next, or refused; never turned round."""

import pytest

from ona_pipeline import queries
from ona_pipeline.errors import BackendError, RefusedError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.lease import BusyError, Lease
from ona_pipeline.records.promotion import PromotionPhase
from ona_pipeline.rollout.interface import Change, Condition
from tests.fakes.given import Given
from tests.fakes.releases import APPROVER, JOB, lend, published
from tests.fakes.target import FakeTarget

OTHER = "approver on another machine, process 2"


class FailingTarget(FakeTarget):
    """In which one release is not well, from some time on."""

    failing = ""

    def condition(self, change: Change) -> Condition:
        if change.release == self.failing:
            return self._bad("crash-loop", "instance-1 crashes again and again", hopeless=True)
        return super().condition(change)


@pytest.fixture
def given() -> Given:
    return Given()


def killed_while_rolling_back(given: Given, *, by: BaseException | None = None) -> None:
    given.failing = by or KeyboardInterrupt()
    with pytest.raises(type(given.failing)):
        given.promotions(APPROVER).roll_back("digits", "production", to="", reason="sevens")


def resumable(given: Given) -> list[str]:
    return [release.id for release in queries.resumable(given.ledger)]


@pytest.mark.parametrize("by", [KeyboardInterrupt(), BackendError("the cluster is not there")])
def test_a_rollback_that_was_left_is_carried_out_by_resuming(given: Given, by: BaseException) -> None:
    first, second = given.live("digits-1"), given.live("digits-2")
    killed_while_rolling_back(given, by=by)
    assert resumable(given) == ["digits-2"]

    outcome = given.journey(JOB).resume(given.release("digits-2"))

    assert [promotion.id for promotion in outcome.promotions] == [first.id]
    assert given.targets["production"].answering() == "digits-1"
    assert given.now(first).phase is PromotionPhase.LIVE
    assert given.now(second).phase is PromotionPhase.ROLLED_BACK
    assert resumable(given) == []


def test_what_a_job_carried_out_is_still_the_word_of_the_person_who_asked(given: Given) -> None:
    given.live("digits-1")
    given.live("digits-2")
    killed_while_rolling_back(given)

    given.journey(JOB).resume(given.release("digits-2"))

    assert queries.history(given.ledger)[-1].by == APPROVER.name
    with given.ledger.reading() as reading:
        assert APPROVER.name in (histories.hold(reading, "digits", "production") or "")


def test_a_rollout_that_is_to_be_left_is_not_gone_on_with(given: Given) -> None:
    first = given.live("digits-1")
    asked = given.promotions().promote(published(given.ledger, "digits-2"), "production")
    given.failing = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        given.promotions(APPROVER).approve(asked, reason="fine")
    killed_while_rolling_back(given)

    with pytest.raises(RefusedError, match="sevens"):
        given.promotions().resume(given.now(asked))
    given.journey(JOB).resume(given.release("digits-2"))

    assert given.now(asked).phase is PromotionPhase.ROLLED_BACK
    assert given.now(first).phase is PromotionPhase.LIVE
    assert given.targets["production"].answering() == "digits-1"


def test_a_rollback_in_a_living_hand_is_left_alone(given: Given) -> None:
    given.live("digits-1")
    given.live("digits-2")
    killed_while_rolling_back(given)
    held = Lease("digits@production", "1f" * 16, OTHER)
    lend(given.ledger, held)
    given.meanwhile = lambda: lend(given.ledger, Lease(held.subject, held.token, OTHER, beat=held.beat + 1))

    with pytest.raises(BusyError, match="process 2"):
        given.journey(JOB).resume(given.release("digits-2"))


def test_a_rollback_that_was_refused_is_over(given: Given) -> None:
    target = given.targets["production"] = FailingTarget("fake production")
    given.live("digits-1")
    second = given.live("digits-2")
    target.failing = "digits-1"

    with pytest.raises(RefusedError, match="not well"):
        given.promotions(APPROVER).roll_back("digits", "production", to="", reason="sevens")

    assert resumable(given) == []
    assert given.now(second).phase is PromotionPhase.LIVE
    assert given.targets["production"].answering() == "digits-2"
    with given.ledger.reading() as reading:
        assert "sevens" in (histories.hold(reading, "digits", "production") or "")
