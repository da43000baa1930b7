"""What the policy of an environment makes of a request: in whose name, by how many, and when."""

import msgspec
import pytest

from ona_pipeline.errors import RefusedError, UsageError
from ona_pipeline.policy import EnvironmentPolicy, Freeze, People, Person, WaiverPolicy
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.promotion import PromotionPhase
from ona_pipeline.records.promotion_facts import Approved, RolloutStarted
from ona_pipeline.records.release import Release
from tests.fakes.given import Given
from tests.fakes.releases import APPROVER, JOB, RELEASER, published, waive, write

B = Actor("approver-b")
MONDAY = (Freeze(days=("mon",), reason="stocktaking"),)


@pytest.fixture
def given() -> Given:
    return Given()


class TestAFreeze:
    def test_keeps_an_approval_until_it_is_over(self, given: Given) -> None:
        given.environments["production"] = EnvironmentPolicy(freeze=MONDAY)
        asked = given.promotions().promote(published(given.ledger, "digits-1"), "production")

        with pytest.raises(RefusedError, match="frozen until 2026-11-24 00:00:00 UTC: stocktaking"):
            given.promotions(APPROVER).approve(asked, reason="fine")

        assert given.now(asked).phase is PromotionPhase.APPROVED
        assert given.targets["production"].applied == []
        given.clock.pass_(days=1)
        assert given.promotions(JOB).resume(given.now(asked)).phase is PromotionPhase.LIVE

    def test_refuses_automation(self, given: Given) -> None:
        given.environments["production"] = EnvironmentPolicy(approval="automatic", freeze=MONDAY)
        with pytest.raises(RefusedError, match="frozen until"):
            given.promotions(JOB).promote(published(given.ledger, "digits-1"), "production")
        assert given.targets["production"].applied == []

    def test_lets_a_rollout_end_that_was_begun_before(self, given: Given) -> None:
        asked = given.promotions().promote(published(given.ledger, "digits-1"), "production")
        given.failing = KeyboardInterrupt()
        with pytest.raises(KeyboardInterrupt):
            given.promotions(APPROVER).approve(asked, reason="fine")
        given.environments["production"] = EnvironmentPolicy(freeze=MONDAY)
        assert given.promotions(JOB).resume(given.now(asked)).phase is PromotionPhase.LIVE

    def test_does_not_keep_anyone_from_going_back(self, given: Given) -> None:
        given.live("digits-1")
        given.live("digits-2")
        given.environments["production"] = EnvironmentPolicy(freeze=MONDAY)
        restored = given.promotions().roll_back("digits", "production", to="", reason="worse")
        assert restored.release == "digits-1"


def test_a_release_waits_until_it_was_well_elsewhere_for_so_long(given: Given) -> None:
    given.environments["production"] = EnvironmentPolicy(approval="automatic", requires={"staging": "30m"})
    release = published(given.ledger, "digits-1", actor=JOB)
    with pytest.raises(RefusedError, match="0:30:00 yet"):
        given.journey().onward(release)
    given.clock.pass_(minutes=30)
    assert [found.phase for found in given.journey().onward(release)] == [PromotionPhase.LIVE] * 2


class TestAQuorum:
    def test_is_rolled_out_by_the_deciding_yes_alone(self, given: Given) -> None:
        given.environments["production"] = EnvironmentPolicy(quorum=2)
        asked = given.promotions().promote(published(given.ledger, "digits-1"), "production")
        waiting = given.promotions(APPROVER).approve(asked, reason="fine")
        assert (waiting.phase, waiting.said_yes) == (
            PromotionPhase.AWAITING,
            "1 of 2 said yes: approver",
        )
        assert given.targets["production"].applied == []
        assert given.promotions(B).approve(asked, reason="fine too").phase is PromotionPhase.LIVE

    def test_is_void_as_a_whole_where_the_policy_was_changed_in_between(self, given: Given) -> None:
        given.environments["production"] = EnvironmentPolicy(quorum=2)
        asked = given.promotions().promote(published(given.ledger, "digits-1"), "production")
        given.promotions(APPROVER).approve(asked, reason="fine")
        given.environments["production"] = EnvironmentPolicy(quorum=1)
        with pytest.raises(RefusedError, match="policy: wanted"):
            given.promotions(B).approve(asked, reason="fine too")
        assert given.targets["production"].applied == []


class TestWrittenPastTheRules:
    """Whoever can write to the database can write a yes; nothing comes of one that does not count."""

    def test_a_yes_of_somebody_who_may_not_is_not_carried_out(self, given: Given) -> None:
        given.environments["production"] = EnvironmentPolicy(approvers=("approver",))
        asked = given.promotions().promote(published(given.ledger, "digits-1"), "production")
        forged = write(given.ledger, asked, Approved(asked.binding.digest, "fine"), actor=B)
        with pytest.raises(RefusedError, match="approver-b may not approve"):
            given.promotions(JOB).resume(forged)
        assert given.targets["production"].applied == []

    def test_nor_is_one_that_is_not_signed(self, given: Given) -> None:
        people = People(persons={"approver": Person(logins=("approver",), keys=("SHA256:x",))})
        given.environments["production"] = EnvironmentPolicy(require_signature=True, people=people)
        asked = given.promotions().promote(published(given.ledger, "digits-1"), "production")
        forged = write(given.ledger, asked, Approved(asked.binding.digest, "fine"), actor=APPROVER)
        with pytest.raises(RefusedError, match="has to be signed with an SSH key"):
            given.promotions(JOB).resume(forged)
        assert given.targets["production"].applied == []

    def test_nor_is_one_that_was_begun(self, given: Given) -> None:
        given.environments["production"] = EnvironmentPolicy(approvers=("approver",))
        asked = given.promotions().promote(published(given.ledger, "digits-1"), "production")
        forged = write(given.ledger, asked, Approved(asked.binding.digest, "fine"), RolloutStarted(), actor=B)
        given.environments["production"] = EnvironmentPolicy()
        with pytest.raises(RefusedError, match="approver-b may not approve"):
            given.promotions(JOB).resume(forged)


def test_a_decision_that_has_to_be_signed_needs_a_key(given: Given) -> None:
    people = People(persons={"approver": Person(logins=("approver",), keys=("SHA256:x",))})
    given.environments["production"] = EnvironmentPolicy(require_signature=True, people=people)
    asked = given.promotions().promote(published(given.ledger, "digits-1"), "production")
    with pytest.raises(UsageError, match="no signing key is set") as error:
        given.promotions(APPROVER).approve(asked, reason="fine")
    assert "signing_key" in error.value.hint
    assert given.now(asked).phase is PromotionPhase.AWAITING


class TestInWhoseName:
    """Whoever wanted the release is the requester, whatever process writes the request down."""

    STRICT = EnvironmentPolicy(approvers=("releaser", "approver"))

    def test_a_job_that_resumes_a_release_asks_in_the_name_of_who_began_it(self, given: Given) -> None:
        given.environments["production"] = self.STRICT
        release = published(given.ledger, "digits-1", actor=RELEASER)
        asked = given.journey(JOB).onward(release)[-1]
        assert asked.by == RELEASER
        with pytest.raises(RefusedError, match="releaser asked for"):
            given.promotions(RELEASER).approve(asked, reason="mine")

    def test_a_request_that_opens_anew_stays_who_asked_first(self, given: Given) -> None:
        given.environments["production"] = self.STRICT
        asked = given.promotions().promote(published(given.ledger, "digits-1"), "production")
        given.environments["production"] = EnvironmentPolicy(
            approvers=("releaser", "approver"), deadline="9m"
        )
        with pytest.raises(RefusedError, match="policy: wanted"):
            given.promotions(APPROVER).approve(asked, reason="fine")
        newer = given.waiting()
        assert newer.by == RELEASER
        with pytest.raises(RefusedError, match="releaser asked for"):
            given.promotions(RELEASER).approve(newer, reason="mine")
        assert given.promotions(APPROVER).approve(newer, reason="fine").phase is PromotionPhase.LIVE


def test_whoever_may_not_decide_is_known_before_the_question(given: Given) -> None:
    given.environments["production"] = EnvironmentPolicy(approvers=("approver", "approver-b"), quorum=2)
    asked = given.promotions().promote(published(given.ledger, "digits-1"), "production")
    assert not given.promotions(RELEASER).may_decide(asked)
    assert given.promotions(APPROVER).may_decide(asked)
    given.promotions(APPROVER).approve(asked, reason="fine")
    assert not given.promotions(APPROVER).may_decide(given.now(asked))
    assert given.promotions(B).may_decide(given.now(asked))


class TestAWaivedRefusal:
    """A waiver is part of what is approved, and ends with it."""

    WAIVERS = WaiverPolicy(by=("approver",), findings=("expectation-unmet",))

    @pytest.fixture
    def release(self, given: Given) -> Release:
        for name in ("staging", "production"):
            given.environments[name] = EnvironmentPolicy(approval="automatic", waivers=self.WAIVERS)
        return published(given.ledger, "digits-1", waived=True)

    def test_makes_an_automatic_environment_ask_and_is_bound(self, given: Given, release: Release) -> None:
        waiver = waive(given.ledger, "expectation-unmet")
        asked = given.promotions(JOB).promote(release, "production")
        assert asked.phase is PromotionPhase.AWAITING
        assert asked.binding.waivers == (waiver.digest,)
        assert given.promotions(APPROVER).approve(asked, reason="known").phase is PromotionPhase.LIVE

    def test_stays_out_of_an_environment_in_which_it_is_not_waived(
        self, given: Given, release: Release
    ) -> None:
        waive(given.ledger, "expectation-unmet")
        with pytest.raises(
            RefusedError, match="digits-1 may not go to staging, for no waiver covers there"
        ) as no:
            given.journey().onward(release)
        assert "expectation-unmet: data.json: pixels: wanted 1, found 2" in no.value.message
        assert "ona waive digits --finding expectation-unmet --env staging" in no.value.hint

    def test_that_expires_before_the_decision_is_void(self, given: Given, release: Release) -> None:
        waive(given.ledger, "expectation-unmet", days=1)
        asked = given.promotions().promote(release, "production")
        given.clock.pass_(days=1)
        with pytest.raises(RefusedError, match="no waiver covers there") as refused:
            given.promotions(APPROVER).approve(asked, reason="known")
        assert refused.value.message.startswith("digits-1.production.1 is void")
        ended = given.now(asked)
        assert ended.phase is PromotionPhase.VOID
        assert ended.reason.startswith("waivers: wanted sha256:")
        assert ended.reason.endswith("found nothing")

    def test_that_expires_between_approval_and_rollout_is_void_too(
        self, given: Given, release: Release
    ) -> None:
        waive(given.ledger, "expectation-unmet", days=1)
        asked = given.promotions().promote(release, "production")
        given.promotions().set_hold("digits", "production", reason="audit", held=True)
        with pytest.raises(RefusedError, match="audit"):
            given.promotions(APPROVER).approve(asked, reason="known")
        given.promotions().set_hold("digits", "production", reason="over", held=False)
        given.clock.pass_(days=1)
        with pytest.raises(RefusedError, match="no waiver covers there"):
            given.promotions().resume(given.now(asked))
        assert given.now(asked).phase is PromotionPhase.VOID
        assert given.targets["production"].applied == []

    def test_that_is_renewed_is_asked_about_again(self, given: Given, release: Release) -> None:
        waive(given.ledger, "expectation-unmet", days=1)
        asked = given.promotions().promote(release, "production")
        given.clock.pass_(days=1)
        renewed = waive(given.ledger, "expectation-unmet")
        with pytest.raises(RefusedError, match="is void") as void:
            given.promotions(APPROVER).approve(asked, reason="known")
        assert "a new request is open" in void.value.hint
        assert given.waiting().binding.waivers == (renewed.digest,)


class TestAQuorumThatCountsTheRequester:
    """Both may approve, both have to, and whoever of them asks does not count."""

    PEOPLE = People(persons={"approver": Person(logins=("approver",)), "b": Person(logins=("approver-b",))})
    POLICY = EnvironmentPolicy(approvers=("approver", "b"), quorum=2, people=PEOPLE)

    def test_is_not_asked_for_by_one_of_them(self, given: Given) -> None:
        given.environments["production"] = self.POLICY
        release = published(given.ledger, "digits-1", actor=APPROVER)
        with pytest.raises(
            RefusedError, match="wanted the yes of 2 beside approver, who asks, found b"
        ) as said:
            given.promotions(APPROVER).promote(release, "production")
        assert "somebody else asks: ona promote digits-1 --to production" in said.value.hint
        with pytest.raises(IndexError):
            given.newest()

    def test_is_asked_for_by_anybody_else(self, given: Given) -> None:
        given.environments["production"] = self.POLICY
        asked = given.promotions().promote(published(given.ledger, "digits-1"), "production")
        assert asked.phase is PromotionPhase.AWAITING

    def test_is_asked_for_by_one_of_them_where_the_policy_lets_that_count(self, given: Given) -> None:
        given.environments["production"] = msgspec.structs.replace(self.POLICY, requester_may_approve=True)
        asked = given.promotions(B).promote(published(given.ledger, "digits-1"), "production")
        assert asked.phase is PromotionPhase.AWAITING
