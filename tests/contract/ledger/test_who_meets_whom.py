"""Two candidates for one environment: the table of docs/approving.md, row by row, in every ledger."""

import pytest

from ona_pipeline import queries
from ona_pipeline.errors import RefusedError
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from tests.contract.ledger.conftest import AnyLedger
from tests.fakes.clock import FakeClock
from tests.fakes.given import Given
from tests.fakes.releases import APPROVER, JOB, RELEASER, hold, published

HOOK = Actor("releaser", via="hook")
AUTOMATIC = EnvironmentPolicy(approval="automatic")
P = PromotionPhase


@pytest.fixture
def given(ledger: AnyLedger, clock: FakeClock) -> Given:
    return Given(ledger, clock)


def asked(given: Given, name: str, actor: Actor) -> Promotion:
    """A new release for production, in the name of `actor`."""
    return given.promotions(actor).promote(published(given.ledger, name), "production")


def approved(given: Given, promotion: Promotion) -> Promotion:
    """A person's yes that nobody acted on yet."""
    return given.approved_under_a_hold(promotion)


def is_behind(promotion: Promotion, first: Promotion) -> bool:
    return promotion.phase is P.IN_LINE and promotion.reason.startswith(f"behind {first.id} of ")


def rolling_out(given: Given, promotion: Promotion) -> Promotion:
    """A rollout whose process was killed on the way."""
    given.failing = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        given.promotions(APPROVER).approve(promotion)
    return given.now(promotion)


@pytest.mark.parametrize(("older", "is_approved"), [(RELEASER, True), (JOB, False), (HOOK, True)])
class TestAPersonsNewerCandidate:
    def test_supersedes_whatever_waits(self, given: Given, older: Actor, is_approved: bool) -> None:
        first = asked(given, "digits-1", older)
        if is_approved:
            approved(given, first)
        second = asked(given, "digits-2", RELEASER)
        assert second.phase is P.AWAITING
        assert given.now(first).phase is P.SUPERSEDED
        assert given.now(first).reason == f"by {second.id}"


class TestAutomation:
    def test_supersedes_its_own(self, given: Given) -> None:
        first = asked(given, "digits-1", JOB)
        second = asked(given, "digits-2", JOB)
        assert (given.now(first).phase, second.phase) == (P.SUPERSEDED, P.AWAITING)

    @pytest.mark.parametrize("newer", [JOB, HOOK], ids=["job", "hook"])
    def test_waits_behind_a_persons_request(self, given: Given, newer: Actor) -> None:
        first = asked(given, "digits-1", RELEASER)
        second = asked(given, "digits-2", newer)
        assert (second.phase, second.reason) == (P.IN_LINE, f"behind {first.id} of {RELEASER.name}")
        assert given.now(first).phase is P.AWAITING

    def test_waits_behind_a_persons_approval(self, given: Given) -> None:
        first = approved(given, asked(given, "digits-1", RELEASER))
        assert is_behind(asked(given, "digits-2", JOB), first)
        assert given.now(first).phase is P.APPROVED

    def test_waits_behind_its_own_once_a_person_said_yes_to_that(self, given: Given) -> None:
        first = approved(given, asked(given, "digits-1", JOB))
        assert is_behind(asked(given, "digits-2", JOB), first)

    def test_waits_behind_its_own_once_one_of_two_said_yes(self, given: Given) -> None:
        given.environments["production"] = EnvironmentPolicy(quorum=2)
        first = asked(given, "digits-1", JOB)
        given.promotions(APPROVER).approve(first)
        assert is_behind(asked(given, "digits-2", JOB), first)

    def test_waits_behind_a_persons_rollout(self, given: Given) -> None:
        first = rolling_out(given, asked(given, "digits-1", RELEASER))
        assert is_behind(asked(given, "digits-2", JOB), first)

    def test_newer_supersedes_what_is_in_line_and_not_what_is_first(self, given: Given) -> None:
        first = asked(given, "digits-1", RELEASER)
        second = asked(given, "digits-2", JOB)
        third = asked(given, "digits-3", JOB)
        assert [given.now(one).phase for one in (first, second, third)] == [
            P.AWAITING,
            P.SUPERSEDED,
            P.IN_LINE,
        ]

    def test_is_refused_under_a_hold(self, given: Given) -> None:
        release = published(given.ledger, "digits-1")
        hold(given.ledger)
        with pytest.raises(RefusedError, match="on hold"):
            given.promotions(JOB).promote(release, "production")


class TestWhatIsInLine:
    @pytest.fixture
    def first(self, given: Given) -> Promotion:
        return asked(given, "digits-1", RELEASER)

    @pytest.fixture
    def second(self, given: Given, first: Promotion) -> Promotion:
        return asked(given, "digits-2", JOB)

    def test_stays_there_while_the_first_is_open_whoever_asks(
        self, given: Given, first: Promotion, second: Promotion
    ) -> None:
        for actor in (JOB, RELEASER):
            assert given.promotions(actor).resume(given.now(second)) == second
        assert given.now(first).phase is P.AWAITING

    @pytest.mark.parametrize("ending", ["rejected", "withdrawn", "expired"])
    def test_is_asked_about_once_the_first_came_to_nothing(
        self, given: Given, first: Promotion, second: Promotion, ending: str
    ) -> None:
        if ending == "rejected":
            given.promotions(APPROVER).reject(first, reason="no")
        elif ending == "withdrawn":
            given.promotions().withdraw(first, reason="no")
        else:
            given.clock.now = first.requested.expires_at
            given.promotions().expire_due()
            second = asked(given, "digits-3", JOB)
        turn = given.promotions(JOB).resume(given.now(second))
        assert (turn.release, turn.phase) == (second.release, P.AWAITING)
        assert given.compared == []

    def test_is_compared_anew_once_the_first_is_live(
        self, given: Given, first: Promotion, second: Promotion
    ) -> None:
        live = given.promotions(APPROVER).approve(first)
        turn = given.promotions(JOB).resume(given.now(second))
        assert given.compared == [("digits-2", "digits-1")]
        assert (turn.phase, turn.binding.champion) == (P.AWAITING, live.id)
        assert turn.binding.image == second.binding.image
        assert turn.binding.evidence["validate"] != second.binding.evidence["validate"]
        assert given.now(second).reason == f"by {turn.id}"
        assert f"validate for {turn.id}" in queries.show(given.ledger, "digits-2").evidence
        assert given.promotions(APPROVER).approve(turn).phase is P.LIVE

    def test_is_refused_where_it_is_worse_than_what_is_live_now(
        self, given: Given, first: Promotion, second: Promotion
    ) -> None:
        given.promotions(APPROVER).approve(first)
        given.worse.add("digits-2")
        for _ in range(2):
            with pytest.raises(RefusedError, match="worse-than-champion: accuracy: worse than digits-1"):
                given.journey().onward(given.release("digits-2"))
        assert given.now(second).phase is P.SUPERSEDED
        assert given.newest().phase is P.VOID
        assert given.newest().reason == "validate: worse-than-champion: accuracy: worse than digits-1"
        assert given.newest().id == "digits-2.production.2"
        assert given.targets["production"].answering() == "digits-1"

    def test_is_put_first_by_a_person_who_asks_for_it(
        self, given: Given, first: Promotion, second: Promotion
    ) -> None:
        turn = given.promotions(RELEASER).promote(given.release("digits-2"), "production")
        assert turn.phase is P.AWAITING
        assert given.now(first).reason == given.now(second).reason == f"by {turn.id}"

    def test_cannot_be_approved_and_names_what_is_first(
        self, given: Given, first: Promotion, second: Promotion
    ) -> None:
        with pytest.raises(RefusedError, match=r"is in line: behind digits-1\.production\.1") as refused:
            given.promotions(APPROVER).approve(second)
        assert refused.value.hint == f"{first.id} is waiting: ona approve digits-1 --to production"

    def test_can_be_withdrawn(self, given: Given, second: Promotion) -> None:
        assert given.promotions().withdraw(second, reason="no").phase is P.WITHDRAWN


class TestAnAutomaticEnvironment:
    @pytest.fixture(autouse=True)
    def _automatic(self, given: Given) -> None:
        given.environments["production"] = AUTOMATIC

    @pytest.mark.parametrize("newer", [JOB, RELEASER], ids=["job", "person"])
    def test_lets_nothing_go_while_something_is_on_its_way(self, given: Given, newer: Actor) -> None:
        release = published(given.ledger, "digits-1")
        given.failing = KeyboardInterrupt()
        with pytest.raises(KeyboardInterrupt):
            given.promotions(JOB).promote(release, "production")
        second = asked(given, "digits-2", newer)
        assert second.phase is P.IN_LINE
        given.journey().onward(release)
        turn = given.promotions(JOB).resume(given.now(second))
        assert (turn.phase, given.compared) == (P.LIVE, [("digits-2", "digits-1")])
        assert given.targets["production"].applied == ["digits-1", "digits-2"]

    def test_asks_a_person_where_the_comparison_leaves_a_doubt(self, given: Given) -> None:
        asked(given, "digits-1", JOB)
        given.doubtful.add("digits-2")
        assert asked(given, "digits-2", JOB).phase is P.AWAITING
