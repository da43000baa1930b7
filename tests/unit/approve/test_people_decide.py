"""Requester and approvers are people, whatever logins they come by; some policies want several of them."""

from typing import Any

import pytest

from ona_pipeline.errors import RefusedError
from ona_pipeline.policy import EnvironmentPolicy, People, Person
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.promotion_facts import Approved, Rejected, RolledOut, RolloutStarted
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.releases import RELEASER, digest, published, write
from tests.fakes.requests import ask, now, say_no, say_yes, take_back

PEOPLE = People(
    persons={
        "releaser": Person(logins=("releaser", "releaser-admin"), emails=("releaser@example.org",)),
        "a": Person(logins=("approver-a", "admin-a")),
        "b": Person(logins=("approver-b",)),
        "c": Person(logins=("approver-c",)),
    },
    groups={"reviewers": ("a", "b", "c")},
)
ONE = EnvironmentPolicy(approvers=("reviewers", "releaser"), people=PEOPLE)
TWO = EnvironmentPolicy(approvers=("reviewers", "releaser"), people=PEOPLE, quorum=2)
A, B, C = Actor("approver-a"), Actor("approver-b"), Actor("approver-c")


@pytest.fixture
def waiting(ledger: FakeLedger, clock: FakeClock) -> Promotion:
    return ask(ledger, clock, published(ledger), policy=TWO)


class TestTheRequester:
    @pytest.mark.parametrize(
        "actor",
        [
            Actor("releaser"),
            Actor("releaser-admin"),
            Actor("root", behind="releaser"),
            Actor("root", behind="releaser-admin", email="approver-a@example.org"),
        ],
        ids=["the same login", "a second login", "sudo", "sudo from a second login"],
    )
    def test_is_the_same_person_by_whatever_login(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion, actor: Actor
    ) -> None:
        with pytest.raises(RefusedError, match="asked for") as refused:
            say_yes(ledger, clock, waiting, actor=actor, policy=ONE)
        assert "may not approve it" in refused.value.message
        assert refused.value.hint == "these may: a, b, c"
        assert now(ledger, waiting).phase is PromotionPhase.AWAITING

    def test_is_told_as_a_claim_by_both_logins(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        with pytest.raises(RefusedError) as refused:
            say_yes(ledger, clock, waiting, actor=Actor("root", behind="releaser-admin"), policy=ONE)
        assert refused.value.message == (
            "root (releaser-admin) is releaser, who asked for digits-1.production.1"
            " as releaser <releaser@example.org>, and may not approve it"
        )

    def test_is_known_by_the_email_of_a_job(self, ledger: FakeLedger, clock: FakeClock) -> None:
        job = Actor("runner", email="releaser@example.org", via="job")
        asked = ask(ledger, clock, published(ledger), policy=ONE, actor=job)
        with pytest.raises(RefusedError, match="who asked for"):
            say_yes(ledger, clock, asked, actor=Actor("releaser-admin"), policy=ONE)

    def test_counts_where_the_policy_says_so_and_that_is_on_record(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        lenient = EnvironmentPolicy(approvers=("releaser",), people=PEOPLE, requester_may_approve=True)
        approved = say_yes(ledger, clock, waiting, actor=Actor("releaser-admin"), policy=lenient)
        assert approved.is_self_approved

    def test_does_not_count_where_nobody_is_named_and_the_policy_says_so(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        strict = EnvironmentPolicy(requester_may_approve=False)
        with pytest.raises(RefusedError, match="releaser asked for") as refused:
            say_yes(ledger, clock, waiting, actor=RELEASER, policy=strict)
        assert refused.value.hint == "anyone else may"
        assert say_yes(ledger, clock, waiting, actor=A, policy=strict).phase is PromotionPhase.APPROVED

    def test_may_reject_an_own_request(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        ended = say_no(ledger, clock, waiting, actor=Actor("releaser-admin"), policy=TWO)
        assert ended.decision == Rejected(waiting.binding.digest, "sevens are wrong", person="releaser")


class TestTheApprover:
    def test_is_kept_as_the_person_with_the_claim_beside_it(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        root = Actor("root", behind="admin-a")
        approved = say_yes(ledger, clock, waiting, actor=root, policy=ONE)
        assert approved.decided_by == root
        assert approved.decision == Approved(waiting.binding.digest, "seen", person="a")

    @pytest.mark.parametrize(
        "actor",
        [Actor("root"), Actor("a"), Actor("runner", email="releaser@example.org")],
        ids=["root", "a login like a person's name", "an e-mail"],
    )
    def test_is_nobody_whose_login_the_policy_does_not_know(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion, actor: Actor
    ) -> None:
        with pytest.raises(RefusedError, match="may not approve for production"):
            say_yes(ledger, clock, waiting, actor=actor, policy=ONE)

    def test_is_one_person_and_not_two(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        by_sudo, by_word = (
            Actor("approver-b", behind="approver-a"),
            Actor("approver-b", account="approver-a"),
        )
        with pytest.raises(RefusedError, match=r"approver-b \(approver-a\) claims to be a and b"):
            say_yes(ledger, clock, waiting, actor=by_sudo, policy=ONE)
        with pytest.raises(RefusedError, match="approver-b claims to be a and b"):
            say_yes(ledger, clock, waiting, actor=by_word, policy=ONE)


class TestAQuorum:
    def test_waits_for_the_deciding_yes_and_tells_who_has_said_what(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        first = say_yes(ledger, clock, waiting, actor=A, policy=TWO)
        assert first.phase is PromotionPhase.AWAITING
        assert first.said_yes == "1 of 2 said yes: a"
        second = say_yes(ledger, clock, waiting, actor=B, policy=TWO)
        assert second.phase is PromotionPhase.APPROVED
        assert second.by_whose_word == "approver-a, approver-b"

    def test_does_not_count_one_person_twice(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        say_yes(ledger, clock, waiting, actor=A, policy=TWO)
        for again in (A, Actor("admin-a"), Actor("root", behind="admin-a")):
            with pytest.raises(
                RefusedError, match=r"a said yes to digits-1\.production\.1 at .* already"
            ) as no:
                say_yes(ledger, clock, waiting, actor=again, policy=TWO)
            assert no.value.hint == "these may: b, c"
        assert now(ledger, waiting).phase is PromotionPhase.AWAITING

    def test_is_ended_by_one_no(self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion) -> None:
        say_yes(ledger, clock, waiting, actor=A, policy=TWO)
        assert say_no(ledger, clock, waiting, actor=B, policy=TWO).phase is PromotionPhase.REJECTED
        with pytest.raises(RefusedError, match="was rejected by approver-b"):
            say_yes(ledger, clock, waiting, actor=C, policy=TWO)

    def test_starts_anew_with_a_newer_candidate(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        say_yes(ledger, clock, waiting, actor=A, policy=TWO)
        newer = ask(ledger, clock, published(ledger, "digits-2"), policy=TWO)
        with pytest.raises(RefusedError, match=r"was superseded: by digits-2\.production\.1"):
            say_yes(ledger, clock, waiting, actor=B, policy=TWO)
        assert newer.endorsements == ()
        assert say_yes(ledger, clock, newer, actor=A, policy=TWO).phase is PromotionPhase.AWAITING

    def test_records_the_requester_among_them(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        lenient = EnvironmentPolicy(people=PEOPLE, quorum=2)
        say_yes(ledger, clock, waiting, actor=RELEASER, policy=lenient)
        assert say_yes(ledger, clock, waiting, actor=B, policy=lenient).is_self_approved

    def test_expires_with_its_request(self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion) -> None:
        say_yes(ledger, clock, waiting, actor=A, policy=TWO)
        clock.pass_(days=7)
        with pytest.raises(RefusedError, match="expired"):
            say_yes(ledger, clock, waiting, actor=B, policy=TWO)


class TestTakingBack:
    def test_an_own_yes_leaves_the_request_and_the_others(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        say_yes(ledger, clock, waiting, actor=A, policy=TWO)
        left = take_back(ledger, clock, waiting, actor=Actor("admin-a"), policy=TWO)
        assert (left.phase, left.endorsements) == (PromotionPhase.AWAITING, ())
        say_yes(ledger, clock, waiting, actor=B, policy=TWO)
        assert say_yes(ledger, clock, waiting, actor=A, policy=TWO).phase is PromotionPhase.APPROVED

    def test_an_approval_is_for_any_approver_before_the_rollout(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        say_yes(ledger, clock, waiting, actor=A, policy=ONE)
        assert take_back(ledger, clock, waiting, actor=C, policy=ONE).phase is PromotionPhase.WITHDRAWN

    def test_is_not_for_a_passer_by(self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion) -> None:
        with pytest.raises(RefusedError, match="passer-by may not withdraw for production"):
            take_back(ledger, clock, waiting, actor=Actor("passer-by"), policy=ONE)

    def test_a_request_is_for_the_requester_by_whatever_login(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion
    ) -> None:
        ended = take_back(ledger, clock, waiting, actor=Actor("releaser-admin"), policy=ONE)
        assert ended.phase is PromotionPhase.WITHDRAWN


def test_where_a_signature_is_wanted_an_unsigned_decision_is_refused(
    ledger: FakeLedger, clock: FakeClock, waiting: Promotion
) -> None:
    signed = EnvironmentPolicy(require_signature=True)
    for decide in (say_yes, say_no):
        with pytest.raises(RefusedError, match="has to be signed with an SSH key, and this one is not"):
            decide(ledger, clock, waiting, actor=A, policy=signed)
    assert now(ledger, waiting).phase is PromotionPhase.AWAITING


class TestTakingBackTooLate:
    """Before the rollout it is withdrawn, afterwards rolled back; whoever comes too late is told which."""

    @pytest.mark.parametrize(
        ("facts", "said", "hint"),
        [
            ((), "was approved by approver-a", "ona withdraw digits-1 takes it back"),
            (
                (RolloutStarted(),),
                "and is rolling out",
                "ona rollback digits --env production --reason TEXT takes it back",
            ),
            (
                (RolloutStarted(), RolledOut(digest("rollout"))),
                "and is live",
                "ona rollback digits --env production --reason TEXT takes it back",
            ),
        ],
        ids=["approved", "rolling out", "live"],
    )
    @pytest.mark.parametrize("late", [say_yes, say_no])
    def test_a_decision_names_the_way_back(
        self,
        ledger: FakeLedger,
        clock: FakeClock,
        waiting: Promotion,
        late: Any,
        facts: Any,
        said: str,
        hint: str,
    ) -> None:
        write(ledger, say_yes(ledger, clock, waiting, actor=A, policy=ONE), *facts)
        with pytest.raises(RefusedError, match=said) as refused:
            late(ledger, clock, waiting, actor=B, policy=ONE)
        assert hint in refused.value.hint

    @pytest.mark.parametrize("facts", [(RolloutStarted(),), (RolloutStarted(), RolledOut(digest("rollout")))])
    def test_withdrawing_after_the_rollout_began_names_the_rollback(
        self, ledger: FakeLedger, clock: FakeClock, waiting: Promotion, facts: Any
    ) -> None:
        write(ledger, say_yes(ledger, clock, waiting, actor=A, policy=ONE), *facts)
        with pytest.raises(RefusedError) as refused:
            take_back(ledger, clock, waiting, actor=A, policy=ONE)
        assert "ona rollback digits --env production --reason TEXT takes it back" in refused.value.hint
