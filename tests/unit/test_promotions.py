"""From *published* to *live* and back: what is bound, what is voided, what is held, what is continued."""

from collections.abc import Callable
from typing import Any

import pytest

from ona_pipeline.bindings import GoneError
from ona_pipeline.errors import BackendError, RefusedError, UsageError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.lease import BusyError, Lease, LeaseLostError
from ona_pipeline.policy import DEFAULT_ENVIRONMENTS, EnvironmentPolicy
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.promotion import PromotionPhase
from ona_pipeline.records.question import Question
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.release import Release
from ona_pipeline.rollout.interface import Change, Condition, Serving
from tests.fakes.given import Given
from tests.fakes.ledger import FakeLedger
from tests.fakes.releases import APPROVER, JOB, RELEASER, digest, lend, published
from tests.fakes.target import FakeTarget

CHANGED_BY_HAND = Change(
    model="digits",
    environment="production",
    release="digits-0",
    image=PinnedReference.of("registry.example/ona/digits", digest("of another hand")),
    question=Question(inputs=(), answer={}),
)


@pytest.fixture
def given() -> Given:
    return Given()


def test_an_automatic_environment_goes_unasked_and_a_manual_one_waits(given: Given) -> None:
    release = published(given.ledger, "digits-1")
    staging, production = given.journey().onward(release)
    assert staging.phase is PromotionPhase.LIVE
    assert staging.decided_by is not None
    assert staging.decided_by.login == "policy"
    assert production.phase is PromotionPhase.AWAITING
    assert given.targets["staging"].answering() == "digits-1"
    assert given.targets["production"].answering() == ""


def test_an_approval_rolls_out_and_replaces_the_champion(given: Given) -> None:
    first = given.live("digits-1")
    second = given.live("digits-2")
    assert given.now(first).phase is PromotionPhase.REPLACED
    assert second.phase is PromotionPhase.LIVE
    assert second.binding.champion == first.id
    assert given.targets["production"].answering() == "digits-2"


def test_approving_twice_is_refused_and_rolls_out_once(given: Given) -> None:
    live = given.live("digits-1")
    with pytest.raises(RefusedError, match="approver"):
        given.promotions(APPROVER).approve(live, reason="again")
    assert given.targets["production"].applied == ["digits-1"]


@pytest.mark.parametrize("changed", ["tag", "policy", "objects", "champion", "serving"])
def test_a_decision_on_what_has_changed_is_void_and_a_new_request_opens(given: Given, changed: str) -> None:
    other = published(given.ledger, "digits-0")
    asked = given.promotions().promote(published(given.ledger, "digits-1"), "production")
    if changed == "tag":
        given.moved_to = digest("another")
    elif changed == "policy":
        given.environments["production"] = EnvironmentPolicy(deadline="9m")
    elif changed == "objects":
        given.targets["production"] = EditedTarget("fake production")
    elif changed == "serving":
        given.targets["production"].apply(CHANGED_BY_HAND)
    else:
        make_live_beside(given, other)

    with pytest.raises(RefusedError, match=changed) as refusal:
        given.promotions(APPROVER).approve(asked, reason="fine")

    assert given.now(asked).phase is PromotionPhase.VOID
    assert "a new request is open" in refusal.value.hint
    with given.ledger.reading() as reading:
        newest = histories.promotions(reading, "digits", "production")[-1]
    assert newest.release == "digits-1"
    assert newest.phase is PromotionPhase.AWAITING


@pytest.mark.parametrize("approved", [False, True])
def test_what_is_gone_from_the_registry_voids_and_can_be_asked_for_once_it_is_back(
    given: Given, approved: bool
) -> None:
    release = published(given.ledger, "digits-1")
    asked = given.promotions().promote(release, "production")
    if approved:
        asked = given.approved_under_a_hold(asked)
    given.missing = ("image: wanted blob sha256:aa, found nothing",)

    with pytest.raises(GoneError, match="wanted blob sha256:aa, found nothing") as refusal:
        given.promotions(APPROVER).resume(asked) if approved else given.promotions(APPROVER).approve(asked)

    assert given.now(asked).phase is PromotionPhase.VOID
    assert given.now(asked).reason == "image: wanted blob sha256:aa, found nothing"
    assert "without a rebuild" in refusal.value.hint
    with pytest.raises(GoneError):
        given.journey().onward(release)
    given.missing = ()
    again = given.journey().onward(release)[-1]
    assert (again.phase, again.binding.image) == (PromotionPhase.AWAITING, asked.binding.image)


@pytest.mark.parametrize("stage", ["verify", "prepare", "validate", "build", "publish"])
def test_edited_or_lost_evidence_voids_and_says_which(given: Given, stage: str) -> None:
    release = published(given.ledger, "digits-1")
    asked = given.promotions().promote(release, "production")
    assert isinstance(given.ledger, FakeLedger)
    del given.ledger._kept._contents[release.evidence[stage]]

    with pytest.raises(GoneError, match=f"evidence of {stage}: wanted sha256:.*, found nothing"):
        given.promotions(APPROVER).approve(asked, reason="fine")

    assert given.now(asked).phase is PromotionPhase.VOID


def test_what_is_decided_is_told_even_where_its_image_is_gone(given: Given) -> None:
    live = given.live("digits-1")
    given.missing = ("image: gone",)
    with pytest.raises(RefusedError, match="was approved by approver"):
        given.promotions(APPROVER).approve(live, reason="again")


class TestAnotherHandOnTheTarget:
    def test_keeps_an_automatic_environment_from_going_unasked(self, given: Given) -> None:
        given.journey().onward(published(given.ledger, "digits-1"))
        given.targets["staging"].set_by_hand("digits:latest")

        (waiting,) = given.journey().onward(published(given.ledger, "digits-2"))

        assert waiting.phase is PromotionPhase.AWAITING
        assert waiting.binding.serving == "digits:latest"
        assert given.promotions(APPROVER).approve(waiting).phase is PromotionPhase.LIVE
        assert given.targets["staging"].answering() == "digits-2"

    def test_after_an_approval_voids_it_before_the_rollout(self, given: Given) -> None:
        given.live("digits-1")
        asked = given.promotions().promote(published(given.ledger, "digits-2"), "production")
        approved = given.approved_under_a_hold(asked)
        given.targets["production"].set_by_hand("digits:latest")

        with pytest.raises(RefusedError, match=r"serving: .* digits-1\.production\.1, found digits:latest"):
            given.promotions().resume(approved)

        assert given.now(approved).phase is PromotionPhase.VOID
        assert given.targets["production"].applied == ["digits-1"]

    def test_in_the_very_last_moment_leaves_the_target_alone_and_holds(self, given: Given) -> None:
        first = given.live("digits-1")
        target = given.targets["production"]
        asked = given.promotions().promote(published(given.ledger, "digits-2"), "production")
        given.meanwhile = lambda: target.set_by_hand("digits:latest")

        with pytest.raises(RefusedError, match=r"target-changed: .* found digits:latest") as refusal:
            given.promotions(APPROVER).approve(asked)

        assert refusal.value.hint.startswith("the target was left as it was found")
        assert given.now(asked).phase is PromotionPhase.ROLLED_BACK
        assert given.now(first).phase is PromotionPhase.LIVE
        assert target.applied == ["digits-1"]
        with pytest.raises(RefusedError, match="on hold: digits-2 was not well: target-changed"):
            given.promotions(JOB).promote(published(given.ledger, "digits-3"), "production")

    def test_that_took_everything_away_is_answered_by_asking_for_what_should_be_live(
        self, given: Given
    ) -> None:
        live = given.live("digits-1")
        release = given.release("digits-1")
        assert given.promotions().promote(release, "production") == live, "nothing to do while it is there"
        given.targets["production"].remove()
        asked = given.promotions().promote(release, "production")
        assert (asked.phase, asked.id) == (PromotionPhase.AWAITING, "digits-1.production.2")
        assert given.promotions(APPROVER).approve(asked, reason="it was deleted").phase is PromotionPhase.LIVE
        assert given.targets["production"].answering() == "digits-1"
        assert given.now(live).phase is PromotionPhase.REPLACED

    def test_that_took_everything_away_is_answered_at_once_where_the_policy_is_automatic(
        self, given: Given
    ) -> None:
        release = published(given.ledger, "digits-1")
        given.promotions().promote(release, "staging")
        given.targets["staging"].remove()
        again = given.promotions().promote(release, "staging")
        assert (again.phase, again.id) == (PromotionPhase.LIVE, "digits-1.staging.2")
        assert given.targets["staging"].answering() == "digits-1"

    def test_can_be_answered_by_asking_for_what_should_be_live(self, given: Given) -> None:
        live = given.live("digits-1")
        release = given.release("digits-1")
        assert given.promotions().promote(release, "production") == live
        given.targets["production"].set_by_hand("digits:latest")

        asked = given.promotions().promote(release, "production")

        assert asked.phase is PromotionPhase.AWAITING
        assert given.promotions(APPROVER).approve(asked).phase is PromotionPhase.LIVE
        assert given.targets["production"].answering() == "digits-1"

    def test_that_emptied_it_is_no_choice_to_lose(self, given: Given) -> None:
        given.live("digits-1")
        given.targets["production"].remove()
        asked = given.promotions().promote(published(given.ledger, "digits-2"), "production")
        assert asked.binding.serving == ""
        assert given.promotions(APPROVER).approve(asked).phase is PromotionPhase.LIVE

    def test_is_not_that_of_a_rollout_under_way(self, given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
        """What comes meanwhile waits for it; nobody is asked about a hand that is ona's own."""
        given.environments["production"] = EnvironmentPolicy(approval="automatic")
        first = published(given.ledger, "digits-1")
        monkeypatch.setattr(FakeTarget, "condition", killed)
        with pytest.raises(KeyboardInterrupt):
            given.promotions().promote(first, "production")

        asked = given.promotions(JOB).promote(published(given.ledger, "digits-2"), "production")

        assert asked.binding.serving == ""
        assert asked.phase is PromotionPhase.IN_LINE

    def test_is_not_that_of_a_rollout_that_comes_during_the_look(self, given: Given) -> None:
        given.environments["production"] = EnvironmentPolicy(approval="automatic")
        first, second = (published(given.ledger, name) for name in ("digits-1", "digits-2"))
        target = given.targets["production"] = Overtaken("fake production")
        target.meanwhile = lambda: given.promotions().promote(first, "production")

        with pytest.raises(RefusedError) as refusal:
            given.promotions().promote(second, "production")

        assert "champion: wanted nothing, found digits-1.production.1" in refusal.value.message
        assert "serving" not in refusal.value.message

    def test_is_looked_for_by_whoever_may_look(self, given: Given) -> None:
        """An approver without rights on the target decides; whoever rolls out looks."""
        asked = given.promotions().promote(published(given.ledger, "digits-1"), "production")
        seen, given.targets["production"] = given.targets["production"], Unseen("fake production")

        with pytest.raises(BackendError, match="forbidden") as failure:
            given.promotions(APPROVER).approve(asked, reason="fine")

        assert failure.value.hint == "then: ona resume digits-1"
        assert given.now(asked).phase is PromotionPhase.APPROVED
        given.targets["production"] = seen
        assert given.promotions().resume(given.now(asked)).phase is PromotionPhase.LIVE


def killed(*_: object) -> Condition:
    """The process ends after the change, before the first look."""
    raise KeyboardInterrupt


class Overtaken(FakeTarget):
    """A target that something else is rolled out to before the first look at it."""

    meanwhile: Callable[[], object] | None = None

    def serving(self) -> Serving | None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        return super().serving()


class Unseen(FakeTarget):
    """A target on which this person has no rights."""

    def serving(self) -> Serving | None:
        raise BackendError("forbidden")


class TestTwoEnvironmentsOnOneTarget:
    @pytest.fixture(params=["one name", "two names"])
    def shared(self, given: Given, request: pytest.FixtureRequest) -> Given:
        given.environments = dict.fromkeys(DEFAULT_ENVIRONMENTS, EnvironmentPolicy())
        given.targets["staging"] = given.targets["production"]
        if request.param == "two names":
            given.targets = {name: FakeTarget(f"fake {name}", place="there") for name in DEFAULT_ENVIRONMENTS}
        return given

    def test_the_one_does_not_take_the_other_ones_place(self, shared: Given) -> None:
        shared.live("digits-1", "staging")
        asked = shared.promotions().promote(published(shared.ledger, "digits-2"), "production")
        with pytest.raises(RefusedError, match="fake production serves staging too, where digits-1 is live"):
            shared.promotions(APPROVER).approve(asked)
        assert "digits-2" not in shared.targets["production"].applied

    def test_one_rollout_at_a_time(self, shared: Given) -> None:
        asked = shared.promotions().promote(published(shared.ledger, "digits-1"), "staging")
        shared.failing = KeyboardInterrupt()
        with pytest.raises(KeyboardInterrupt):
            shared.promotions(APPROVER).approve(asked)
        other = shared.promotions().promote(published(shared.ledger, "digits-2"), "production")
        with pytest.raises(RefusedError, match=r"busy: digits-1\.staging\.1 was begun"):
            shared.promotions(APPROVER).approve(other)


def make_live_beside(given: Given, release: Release) -> None:
    """Another release becomes champion while a request waits, as by a second ledger writer."""
    from ona_pipeline.records.promotion_facts import (
        Approved,
        PromotionRequested,
        RolledOut,
        RolloutStarted,
    )
    from tests.fakes.releases import AT, binding, write

    bound = binding(given.ledger, release)
    with given.ledger.writing() as writing:
        fact = PromotionRequested("digits", bound, AT)
        writing.append(fact, model="digits", subject="digits-0.production.1", actor=RELEASER)
        beside = histories.promotion(writing, "digits-0.production.1")
    write(given.ledger, beside, Approved(bound.digest), RolloutStarted(), RolledOut(digest("x")))


def test_a_request_that_was_void_is_never_approved_by_policy(given: Given) -> None:
    release = published(given.ledger, "digits-1")
    asked = given.promotions().promote(release, "production")
    given.environments["production"] = EnvironmentPolicy(approval="automatic")

    with pytest.raises(RefusedError, match="policy"):
        given.promotions(APPROVER).approve(asked, reason="fine")

    assert given.targets["production"].answering() == ""


def test_a_rollout_that_is_not_well_is_put_back_and_the_environment_is_held(given: Given) -> None:
    first = given.live("digits-1")
    asked = given.promotions().promote(published(given.ledger, "digits-2"), "production")
    given.targets["production"] = Spoilt(given.targets["production"], "digits-2")

    with pytest.raises(RefusedError, match="crash-loop") as refusal:
        given.promotions(APPROVER).approve(asked, reason="fine")

    assert "serving again" in refusal.value.hint
    assert given.now(asked).phase is PromotionPhase.ROLLED_BACK
    assert given.now(first).phase is PromotionPhase.LIVE
    assert given.targets["production"].answering() == "digits-1"
    with pytest.raises(RefusedError, match="on hold"):
        given.promotions(JOB).promote(published(given.ledger, "digits-3"), "production")


class EditedTarget(FakeTarget):
    """A target whose objects were edited since the request was made."""

    def objects(self, _: Any) -> Digest:
        return digest("edited")


class Spoilt(FakeTarget):
    """A target on which one release crashes."""

    def __init__(self, target: FakeTarget, release: str) -> None:
        super().__init__()
        self.__dict__.update(target.__dict__)
        self._spoilt = release

    def condition(self, change: Any) -> Any:
        if change.release == self._spoilt:
            return self._bad("crash-loop", "instance-1 crashes", hopeless=True)
        return super().condition(change)


def test_what_failed_outside_while_rolling_out_is_resumed_once(given: Given) -> None:
    release = published(given.ledger, "digits-1")
    asked = given.promotions().promote(release, "production")
    given.failing = BackendError("the cluster is not there", hint="start it")

    with pytest.raises(BackendError) as failure:
        given.promotions(APPROVER).approve(asked, reason="fine")

    assert failure.value.hint == "start it; then: ona resume digits-1"
    assert given.now(asked).phase is PromotionPhase.ROLLING_OUT
    assert given.now(asked).error == "the cluster is not there"
    resumed = given.journey().resume(release)
    assert [promotion.phase for promotion in resumed.promotions] == [PromotionPhase.LIVE] * 2
    assert given.targets["production"].applied == ["digits-1"]


def test_a_process_killed_while_rolling_out_is_continued(given: Given) -> None:
    asked = given.promotions().promote(published(given.ledger, "digits-1"), "production")
    given.failing = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        given.promotions(APPROVER).approve(asked, reason="fine")
    assert given.now(asked).phase is PromotionPhase.ROLLING_OUT
    assert given.promotions().resume(given.now(asked)).phase is PromotionPhase.LIVE


def test_a_rollback_restores_what_served_before_and_holds(given: Given) -> None:
    first, second = given.live("digits-1"), given.live("digits-2")

    restored = given.promotions(APPROVER).roll_back("digits", "production", to="", reason="worse")

    assert restored.id == first.id
    assert restored.phase is PromotionPhase.LIVE
    assert given.now(second).phase is PromotionPhase.ROLLED_BACK
    assert given.targets["production"].answering() == "digits-1"
    with given.ledger.reading() as reading:
        assert "worse" in (histories.hold(reading, "digits", "production") or "")


def test_a_rollback_that_was_interrupted_is_said_again_and_ends_the_same(given: Given) -> None:
    first, _ = given.live("digits-1"), given.live("digits-2")
    given.failing = BackendError("the cluster is not there")
    with pytest.raises(BackendError):
        given.promotions().roll_back("digits", "production", to="", reason="worse")

    restored = given.promotions().roll_back("digits", "production", to="digits-1", reason="worse")

    assert restored.id == first.id
    assert given.targets["production"].answering() == "digits-1"


def test_there_must_be_something_to_go_back_to(given: Given) -> None:
    with pytest.raises(UsageError, match="nothing is served"):
        given.promotions().roll_back("digits", "production", to="", reason="worse")
    given.live("digits-1")
    with pytest.raises(UsageError, match="nothing earlier"):
        given.promotions().roll_back("digits", "production", to="", reason="worse")


def test_a_hold_keeps_an_approval_from_being_carried_out_until_it_is_lifted(given: Given) -> None:
    release = published(given.ledger, "digits-1")
    asked = given.promotions().promote(release, "production")
    given.promotions().set_hold("digits", "production", reason="audit", held=True)

    with pytest.raises(RefusedError, match="audit"):
        given.promotions(APPROVER).approve(asked, reason="fine")

    assert given.targets["production"].applied == []
    given.promotions().set_hold("digits", "production", reason="over", held=False)
    assert given.promotions().resume(given.now(asked)).phase is PromotionPhase.LIVE


def test_one_rollout_at_a_time(given: Given) -> None:
    asked = given.promotions().promote(published(given.ledger, "digits-1"), "production")
    given.failing = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        given.promotions(APPROVER).approve(asked, reason="fine")
    newer = given.promotions().promote(published(given.ledger, "digits-2"), "production")

    with pytest.raises(RefusedError, match="busy"):
        given.promotions(APPROVER).approve(newer, reason="fine")

    assert given.targets["production"].applied == []


def test_only_a_published_release_can_be_promoted(given: Given) -> None:
    from ona_pipeline.records.release_facts import ReleaseRequested
    from ona_pipeline.records.snapshot import Origins

    with given.ledger.writing() as writing:
        fact = ReleaseRequested("digits", Origins("git", "HEAD", "c0ffee"), "c0ffee", "")
        writing.append(fact, model="digits", subject="digits-9", actor=RELEASER)
        release = histories.release(writing, "digits-9")
    with pytest.raises(RefusedError, match="only a published release"):
        given.promotions().promote(release, "production")


def test_an_approval_that_was_not_acted_on_in_time_is_over(given: Given) -> None:
    asked = given.promotions().promote(published(given.ledger, "digits-1"), "production")
    given.promotions().set_hold("digits", "production", reason="audit", held=True)
    with pytest.raises(RefusedError, match="audit"):
        given.promotions(APPROVER).approve(asked, reason="fine")
    given.promotions().set_hold("digits", "production", reason="over", held=False)
    given.clock.pass_(days=8)

    with pytest.raises(RefusedError, match="expired"):
        given.promotions().resume(given.now(asked))

    assert given.now(asked).phase is PromotionPhase.EXPIRED
    assert given.targets["production"].applied == []


OTHER = "another on build-3, process 4711"


def beating(given: Given) -> Callable[[], None]:
    """Another process that is at work on production, and alive."""
    beats = iter(range(1, 100))
    lease = Lease("digits@production", "1f" * 16, OTHER)
    lend(given.ledger, lease)
    return lambda: lend(given.ledger, Lease(lease.subject, lease.token, OTHER, next(beats)))


def test_a_yes_is_kept_where_a_living_process_is_at_work_and_says_who_that_is(given: Given) -> None:
    asked = given.promotions().promote(published(given.ledger, "digits-1"), "production")
    given.meanwhile = beating(given)

    with pytest.raises(BusyError, match=f"digits@production: {OTHER} is at work on it"):
        given.promotions(APPROVER).approve(asked, reason="fine")

    assert given.now(asked).phase is PromotionPhase.APPROVED
    assert given.targets["production"].applied == []


def test_a_rollout_that_was_overtaken_touches_no_target_and_writes_nothing(given: Given) -> None:
    asked = given.promotions().promote(published(given.ledger, "digits-1"), "production")
    given.meanwhile = lambda: lend(given.ledger, Lease("digits@production", "1f" * 16, OTHER))

    with pytest.raises(LeaseLostError, match=OTHER):
        given.promotions(APPROVER).approve(asked, reason="fine")

    assert given.targets["production"].applied == []
    assert given.now(asked).phase is PromotionPhase.ROLLING_OUT


def test_a_rollback_takes_a_rollout_out_of_a_living_hand(given: Given) -> None:
    first = given.live("digits-1")
    asked = given.promotions().promote(published(given.ledger, "digits-2"), "production")
    given.failing = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        given.promotions(APPROVER).approve(asked, reason="fine")
    lend(given.ledger, Lease("digits@production", "1f" * 16, OTHER))

    restored = given.promotions(APPROVER).roll_back("digits", "production", to="digits-1", reason="sevens")

    assert restored.id == first.id
    assert given.targets["production"].answering() == "digits-1"
    assert given.now(asked).phase is PromotionPhase.ROLLED_BACK


def test_nobody_holds_a_lease_while_a_request_waits_or_after_it_ended(given: Given) -> None:
    given.journey().onward(published(given.ledger, "digits-1"))
    with given.ledger.reading() as reading:
        assert reading.leases() == []


def test_a_rollback_past_what_still_serves_replaces_that_too(given: Given) -> None:
    first, second = given.live("digits-1"), given.live("digits-2")
    asked = given.promotions().promote(published(given.ledger, "digits-3"), "production")
    given.failing = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        given.promotions(APPROVER).approve(asked, reason="fine")

    restored = given.promotions(APPROVER).roll_back("digits", "production", to="digits-1", reason="sevens")

    assert restored.id == first.id
    assert given.now(second).phase is PromotionPhase.REPLACED
    assert given.now(asked).phase is PromotionPhase.ROLLED_BACK
