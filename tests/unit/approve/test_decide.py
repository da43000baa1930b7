from datetime import timedelta

import msgspec
import pytest

from ona_pipeline.approve import decide
from ona_pipeline.approve.expire import expire_due
from ona_pipeline.errors import RefusedError, UsageError
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.promotion_facts import Approved, RolloutStarted
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.releases import APPROVER, RELEASER, digest, published, roll_out, write
from tests.fakes.requests import ask, now, say_no, say_yes, take_back

TWO = EnvironmentPolicy(approvers=("approver", "releaser"))


@pytest.fixture
def waiting(ledger: FakeLedger, clock: FakeClock) -> Promotion:
    return ask(ledger, clock, published(ledger))


class TestYes:
    def test_names_who_when_and_exactly_what(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        clock.pass_(hours=1)
        approved = say_yes(ledger, clock, waiting)
        assert approved.phase is PromotionPhase.APPROVED
        assert (approved.decided_by, approved.decided_at) == (APPROVER, clock.now)
        assert approved.decision == Approved(waiting.binding.digest, reason="seen")

    def test_of_the_requester_is_recorded_as_such(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        approved = say_yes(ledger, clock, waiting, actor=RELEASER)
        assert isinstance(approved.decision, Approved)
        assert approved.decision.self_approved

    def test_of_the_requester_is_refused_where_somebody_else_is_named(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        with pytest.raises(RefusedError, match=r"releaser asked for digits-1\.production\.1") as refused:
            say_yes(ledger, clock, waiting, actor=RELEASER, policy=TWO)
        assert refused.value.hint == "these may: approver"

    def test_of_somebody_who_may_not_is_refused(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        with pytest.raises(RefusedError, match="passer-by may not approve for production") as refused:
            say_yes(ledger, clock, waiting, actor=Actor("passer-by"), policy=TWO)
        assert refused.value.hint == "these may: approver"
        with pytest.raises(RefusedError, match="may not reject"):
            say_no(ledger, clock, waiting, actor=Actor("passer-by"), policy=TWO)
        assert now(ledger, waiting).phase is PromotionPhase.AWAITING

    def test_of_one_who_is_named_counts(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        assert say_yes(ledger, clock, waiting, policy=TWO).phase is PromotionPhase.APPROVED

    @pytest.mark.parametrize("part", ["image", "model", "form", "objects", "policy", "evidence", "target"])
    def test_to_something_that_has_changed_is_void_and_says_what(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion, part: str
    ) -> None:
        other = {"verify": digest("other")} if part == "evidence" else digest("other")
        current = msgspec.structs.replace(waiting.binding, **{part: other})
        voided = say_yes(ledger, clock, waiting, current=current)
        assert voided.phase is PromotionPhase.VOID
        assert voided.reason.startswith(part)

    def test_is_void_where_another_became_champion_in_between(
        self, ledger: FakeLedger, clock: FakeClock
    ) -> None:
        older = say_yes(ledger, clock, ask(ledger, clock, published(ledger, "digits-1")))
        write(ledger, older, RolloutStarted())
        newer = ask(ledger, clock, published(ledger, "digits-2"))
        roll_out(ledger, older)
        voided = say_yes(ledger, clock, newer)
        assert voided.reason == "champion: wanted nothing, found digits-1.production.1"


class TestTooLate:
    def test_approving_twice_names_who_approved_and_when(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        say_yes(ledger, clock, waiting)
        with pytest.raises(
            RefusedError, match="was approved by approver at 2026-11-23 12:00:00 UTC"
        ) as refused:
            say_yes(ledger, clock, waiting, actor=RELEASER)
        assert refused.value.hint == (
            "ona resume digits-1 carries it out; ona withdraw digits-1 takes it back"
        )

    def test_approving_what_was_rejected_names_who_and_why(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        say_no(ledger, clock, waiting)
        with pytest.raises(
            RefusedError, match=r"was rejected by approver at .*: sevens are wrong"
        ) as refused:
            say_yes(ledger, clock, waiting)
        assert refused.value.hint == "to ask again: ona promote digits-1 --to production"

    def test_rejecting_what_was_approved_is_refused(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        say_yes(ledger, clock, waiting)
        with pytest.raises(RefusedError, match="was approved by approver"):
            say_no(ledger, clock, waiting)

    def test_deciding_on_what_was_superseded_names_the_newer(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        ask(ledger, clock, published(ledger, "digits-2"))
        with pytest.raises(RefusedError, match=r"was superseded: by digits-2\.production\.1") as refused:
            say_yes(ledger, clock, waiting)
        assert refused.value.hint == "digits-2.production.1 is waiting: ona approve digits-2 --to production"

    def test_deciding_when_the_time_is_over_writes_that_it_expired(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        clock.pass_(days=7)
        for late in (say_yes, say_no):
            with pytest.raises(RefusedError, match="expired, for nobody decided in time") as refused:
                late(ledger, clock, waiting)
            assert refused.value.hint == "to ask again: ona promote digits-1 --to production"
        assert now(ledger, waiting).phase is PromotionPhase.EXPIRED

    def test_a_moment_before_it_is_in_time(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        clock.now = waiting.requested.expires_at - timedelta(microseconds=1)
        assert say_yes(ledger, clock, waiting).phase is PromotionPhase.APPROVED

    def test_deciding_on_what_was_withdrawn_says_so(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        take_back(ledger, clock, waiting)
        with pytest.raises(RefusedError, match="was withdrawn: too early"):
            say_yes(ledger, clock, waiting)

    def test_deciding_on_what_is_live_says_so(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        roll_out(ledger, say_yes(ledger, clock, waiting))
        with pytest.raises(RefusedError, match=r"was approved by approver .*, and is live"):
            say_yes(ledger, clock, waiting)


class TestWithdraw:
    def test_takes_back_an_approval_that_was_not_acted_on(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        say_yes(ledger, clock, waiting)
        assert take_back(ledger, clock, waiting).phase is PromotionPhase.WITHDRAWN

    def test_is_refused_once_it_is_rolling_out(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        write(ledger, say_yes(ledger, clock, waiting), RolloutStarted())
        with pytest.raises(RefusedError, match="and is rolling out"):
            take_back(ledger, clock, waiting)


class TestVoid:
    def test_ends_an_approval_that_was_not_acted_on(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        say_yes(ledger, clock, waiting)
        ended = decide.void(waiting.id, changes=("image: moved",), actor=RELEASER, ledger=ledger)
        assert (ended.phase, ended.reason) == (PromotionPhase.VOID, "image: moved")
        with pytest.raises(RefusedError, match="is void, for what it was bound to has changed: image: moved"):
            decide.void(waiting.id, changes=("image: moved",), actor=RELEASER, ledger=ledger)


class TestExpire:
    def test_ends_all_whose_time_is_over_and_no_other(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        assert expire_due(ledger, clock) == []
        clock.pass_(days=6)
        younger = ask(ledger, clock, published(ledger, "digits-2"), environment="staging")
        clock.pass_(days=1)
        assert [ended.id for ended in expire_due(ledger, clock)] == [waiting.id]
        assert now(ledger, younger).phase is PromotionPhase.AWAITING
        assert expire_due(ledger, clock) == []

    def test_ends_an_approval_that_nobody_carried_out(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        say_yes(ledger, clock, waiting)
        clock.pass_(days=8)
        assert expire_due(ledger, clock)[0].phase is PromotionPhase.EXPIRED


@pytest.mark.parametrize("late", [say_no, take_back])
def test_a_no_without_a_reason_is_a_usage_error(
    ledger: FakeLedger, clock: FakeClock, waiting: Promotion, late: object
) -> None:
    with pytest.raises(UsageError, match="a reason is wanted"):
        late(ledger, clock, waiting, reason=" ")  # type: ignore[operator]


def test_an_unknown_promotion_is_a_usage_error(
    ledger: FakeLedger, clock: FakeClock, waiting: Promotion
) -> None:
    with pytest.raises(UsageError, match="no promotion is called 'x'"):
        say_yes(ledger, clock, msgspec.structs.replace(waiting, id="x"))
