"""The stage on a target in memory."""

from collections.abc import Callable

import msgspec
import pytest

from ona_pipeline.errors import BackendError
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import InstanceAnswer, RolloutEvidence
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.rollout.interface import Change, Condition
from ona_pipeline.rollout.roll_out import RolloutInput, roll_out
from tests.fakes.clock import FakeClock
from tests.fakes.promotions import SOME, approved
from tests.fakes.target import FakeTarget
from tests.stand_in import QUESTION

DEADLINE_S = 30.0


def change(release: str, behaviour: str = "well") -> Change:
    image = PinnedReference.of(f"registry/{behaviour}", Digest.of(f"{behaviour} {release}".encode()))
    return Change(model="digits", environment="testing", release=release, image=image, question=QUESTION)


def rolled_out(
    target: FakeTarget,
    wanted: Change,
    previous: Change | None = None,
    *,
    clock: FakeClock | None = None,
    progress: Callable[[str], None] = lambda _: None,
    min_ready_s: float = 1,
) -> RolloutEvidence:
    clock = clock or FakeClock()
    request = RolloutInput(
        promotion=approved(wanted, target),
        question=QUESTION,
        previous=previous,
        deadline_s=DEADLINE_S,
        min_ready_s=min_ready_s,
    )
    return roll_out(
        request,
        target=target,
        clock=clock,
        sleep=lambda seconds: clock.pass_(seconds=seconds),
        progress=progress,
    )


def codes(evidence: RolloutEvidence) -> list[str]:
    return [finding.code for finding in evidence.findings]


def test_a_change_that_is_well_passes():
    evidence = rolled_out(FakeTarget(), change("r1"))
    assert evidence.verdict is Verdict.PASSED
    assert evidence.image == change("r1").image
    assert evidence.restored is None
    assert evidence.address == "http://fake"
    assert [one.release for one in evidence.instances] == ["r1"]


def test_doing_it_again_ends_the_same():
    target = FakeTarget()
    first, second = rolled_out(target, change("r1")), rolled_out(target, change("r1"))
    assert (first.verdict, first.instances, first.objects) == (
        second.verdict,
        second.instances,
        second.objects,
    )


def test_it_is_well_only_when_seen_well_for_a_second():
    clock = FakeClock()
    began = clock()
    rolled_out(FakeTarget(looks_needed=1), change("r1"), clock=clock)
    assert (clock() - began).total_seconds() >= 1


@pytest.mark.parametrize(
    ("behaviour", "cause"),
    [
        ("crash", "crash-loop"),
        ("never-ready", "not-ready"),
        ("image-pull", "image-pull"),
        ("wrong-answer", "wrong-answer"),
        ("out-of-memory", "out-of-memory"),
    ],
)
def test_what_is_not_well_is_refused_by_its_cause_and_the_previous_serves_again(behaviour: str, cause: str):
    target, good = FakeTarget(), change("r1")
    rolled_out(target, good)
    evidence = rolled_out(target, change("r2", behaviour), good)
    assert evidence.verdict is Verdict.REFUSED
    assert codes(evidence) == [cause]
    assert evidence.restored == good.image
    assert target.answering() == "r1"


def test_a_hopeless_change_is_not_waited_for():
    clock, target = FakeClock(), FakeTarget()
    began = clock()
    rolled_out(target, change("r2", "crash"), clock=clock)
    assert (clock() - began).total_seconds() < 2


def test_the_deadline_is_kept_and_told():
    clock, target = FakeClock(), FakeTarget()
    began = clock()
    evidence = rolled_out(target, change("r2", "never-ready"), clock=clock)
    assert DEADLINE_S <= (clock() - began).total_seconds() <= DEADLINE_S + 2
    assert "not well within 30 s" in evidence.findings[0].sentence


def test_a_first_release_that_is_not_well_is_taken_away():
    target = FakeTarget()
    evidence = rolled_out(target, change("r1", "crash"))
    assert (codes(evidence), evidence.restored) == (["crash-loop"], None)
    assert target.serving() is None


def test_a_change_that_never_comes_is_refused_for_the_deadline():
    evidence = rolled_out(FakeTarget(looks_needed=10_000), change("r1"))
    assert codes(evidence) == ["deadline-passed"]


def test_the_way_back_is_waited_for_even_where_it_looks_hopeless():
    class SlowBack(FakeTarget):
        def condition(self, change: Change) -> Condition:
            seen = super().condition(change)
            if change.release == "r1" and self._looks < 20:
                return self._bad("crash-loop", "it crashed months ago, and is not ready now", hopeless=True)
            return seen

    evidence = rolled_out(SlowBack(), change("r2", "crash"), change("r1"))
    assert codes(evidence) == ["crash-loop"]
    assert evidence.restored == change("r1").image


def test_what_looks_hopeless_once_is_looked_at_again():
    class Startled(FakeTarget):
        def condition(self, change: Change) -> Condition:
            seen = super().condition(change)
            return self._bad("quota", "of the pods before", hopeless=True) if self._looks == 1 else seen

    assert rolled_out(Startled(), change("r1")).verdict is Verdict.PASSED


def test_a_previous_release_that_does_not_come_back_is_said_loudly():
    target = FakeTarget()
    evidence = rolled_out(target, change("r2", "crash"), change("r1", "crash"))
    assert codes(evidence) == ["not-restored", "crash-loop"]
    assert "THE TARGET IS NOT WELL" in evidence.findings[0].sentence
    assert evidence.restored is None


def test_what_cannot_be_taken_away_is_said_loudly():
    class Stuck(FakeTarget):
        def remove(self) -> None:
            """Nothing goes."""

    assert codes(rolled_out(Stuck(), change("r1", "crash"))) == ["not-restored", "crash-loop"]


def test_nothing_is_touched_without_an_approval_of_exactly_this():
    target, wanted = FakeTarget(), change("r1")
    clock = FakeClock()
    request = RolloutInput(
        promotion=approved(wanted, target, of=SOME), question=QUESTION, previous=None, deadline_s=DEADLINE_S
    )
    evidence = roll_out(request, target=target, clock=clock, sleep=lambda _: None, progress=lambda _: None)
    assert codes(evidence) == ["not-approved"]
    assert target.applied == []


def test_each_new_sentence_is_told_once():
    said: list[str] = []
    rolled_out(FakeTarget(looks_needed=5), change("r1"), progress=said.append)
    assert said == ["on its way", "well"]


class Unsteady(FakeTarget):
    """Cannot be asked for the first so many times."""

    def __init__(self, *, failures: int, retryable: bool = True) -> None:
        super().__init__()
        self.failures = failures
        self.retryable = retryable

    def condition(self, change: Change) -> Condition:
        self.failures -= 1
        if self.failures >= 0:
            raise BackendError("the cluster is not there", retryable=self.retryable)
        return super().condition(change)


def test_a_target_that_is_away_for_a_moment_is_waited_for():
    assert rolled_out(Unsteady(failures=10), change("r1")).verdict is Verdict.PASSED


def test_a_target_that_stays_away_is_an_error_and_no_verdict():
    with pytest.raises(BackendError, match="not there"):
        rolled_out(Unsteady(failures=10_000), change("r1"))


def test_a_target_that_will_never_be_asked_is_an_error_at_once():
    clock = FakeClock()
    began = clock()
    with pytest.raises(BackendError):
        rolled_out(Unsteady(failures=1, retryable=False), change("r1"), clock=clock)
    assert clock() == began


class AwayWhenPutBack(FakeTarget):
    """Cannot be changed for the first so many times after the first."""

    def __init__(self, *, failures: int, retryable: bool = True) -> None:
        super().__init__()
        self.failures = failures
        self.retryable = retryable

    def before_apply(self) -> None:
        if self.applied:
            self.failures -= 1
            if self.failures >= 0:
                raise BackendError("the cluster is not there", retryable=self.retryable)


def test_a_target_that_is_away_when_it_is_to_be_put_back_is_waited_for():
    evidence = rolled_out(AwayWhenPutBack(failures=10), change("r2", "crash"), change("r1"))
    assert codes(evidence) == ["crash-loop"]
    assert evidence.restored == change("r1").image


@pytest.mark.parametrize(("failures", "retryable"), [(10_000, True), (1, False)])
def test_a_target_that_is_not_there_to_be_put_back_is_an_error(failures: int, retryable: bool):
    with pytest.raises(BackendError, match="not there"):
        rolled_out(
            AwayWhenPutBack(failures=failures, retryable=retryable), change("r2", "crash"), change("r1")
        )


class Flapping(FakeTarget):
    """Well for four looks, then not ready for four, and so on."""

    def condition(self, change: Change) -> Condition:
        seen = super().condition(change)
        if change.release == "r2" and self._looks // 4 % 2:
            return self._bad("not-ready", "it is not ready")
        return seen


def test_an_instance_that_flaps_is_not_well_where_it_has_to_stay_ready():
    assert rolled_out(Flapping(), change("r2"), change("r1")).verdict is Verdict.PASSED
    evidence = rolled_out(Flapping(), change("r2"), change("r1"), min_ready_s=5)
    assert codes(evidence) == ["not-ready"]


def test_what_kept_it_from_being_well_is_the_cause_where_the_deadline_finds_no_other():
    class Slow(FakeTarget):
        def condition(self, change: Change) -> Condition:
            seen = super().condition(change)
            return self._bad("quota", "no room", hopeless=False) if self._looks == 3 else seen

    evidence = rolled_out(Slow(looks_needed=10_000), change("r1"))
    assert codes(evidence) == ["quota"]
    assert evidence.findings[0].sentence == "on its way; before that, no room; not well within 30 s"


class Window(FakeTarget):
    """Something happens between the last look at the target and its being changed."""

    def __init__(self, happens: Callable[["Window"], None]) -> None:
        super().__init__()
        self._happens: list[Callable[[Window], None]] = [happens]
        self.edited = False

    def before_apply(self) -> None:
        if self._set and self._happens:
            self._happens.pop()(self)

    def objects(self, change: Change) -> Digest:
        return SOME if self.edited else super().objects(change)

    def edit(self) -> None:
        self.edited = True


class TestTheWindowBetweenTheLastLookAndTheChange:
    def test_another_hand_in_it_is_noticed_and_left_alone(self):
        target = Window(lambda target: target.set_by_hand("digits:by-hand"))
        target.apply(change("r1"))
        evidence = rolled_out(target, change("r2"), change("r1"))
        assert codes(evidence) == ["target-changed"]
        wanted, found = change("r1").image, "digits:by-hand"
        assert f"found {found}" in evidence.findings[0].sentence
        assert wanted in evidence.findings[0].sentence
        assert target.applied == ["r1"]

    def test_edited_objects_in_it_are_not_sent(self):
        target = Window(Window.edit)
        target.apply(change("r1"))
        evidence = rolled_out(target, change("r2"), change("r1"))
        assert codes(evidence) == ["objects-changed"]
        assert target.applied == ["r1"]

    def test_what_a_killed_process_had_begun_is_put_back(self):
        target = Window(Window.edit)
        target.apply(change("r2"))
        evidence = rolled_out(target, change("r2"), change("r1"))
        assert codes(evidence) == ["objects-changed"]
        assert evidence.restored == change("r1").image
        assert target.answering() == "r1"

    def test_the_way_back_is_taken_whatever_is_there(self):
        target = Window(lambda target: target.set_by_hand("digits:by-hand"))
        target.apply(change("r2"))
        clock = FakeClock()
        request = RolloutInput(
            promotion=approved(change("r1"), FakeTarget(), of=None),
            question=QUESTION,
            previous=change("r2"),
            deadline_s=DEADLINE_S,
            is_way_back=True,
        )
        evidence = roll_out(
            request,
            target=target,
            clock=clock,
            sleep=lambda seconds: clock.pass_(seconds=seconds),
            progress=lambda _: None,
        )
        assert evidence.verdict is Verdict.PASSED
        assert target.answering() == "r1"


class Boasting(FakeTarget):
    """Says that it is well, and shows no instance, or one of another image."""

    def __init__(self, *instances: InstanceAnswer) -> None:
        super().__init__()
        self._instances = instances

    def condition(self, change: Change) -> Condition:
        return msgspec.structs.replace(super().condition(change), instances=self._instances)


@pytest.mark.parametrize(
    "instances",
    [
        (),
        (InstanceAnswer("service", None, "r1", right=True),),
        (InstanceAnswer("one", SOME, "r1", right=True),),
        (InstanceAnswer("one", change("r1").image.digest, "r0", right=True),),
        (InstanceAnswer("one", change("r1").image.digest, "r1", right=False),),
    ],
)
def test_well_is_what_the_instances_prove(instances: tuple[InstanceAnswer, ...]):
    assert codes(rolled_out(Boasting(*instances), change("r1"))) == ["not-proven"]
