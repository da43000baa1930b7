"""The canary's three outcomes, on a target in memory with traffic that is made up."""

import pytest

from ona_pipeline.errors import BackendError, UsageError
from ona_pipeline.records.evidence import CanaryEvidence
from ona_pipeline.records.finding import Finding, Verdict
from ona_pipeline.rollout.canary import CanaryInput, try_canary
from ona_pipeline.rollout.canary_rule import LOOKS
from ona_pipeline.rollout.roll_out import RolloutInput
from ona_pipeline.rollout.traffic import Counts
from tests.fakes.clock import FakeClock
from tests.fakes.promotions import SOME, approved
from tests.fakes.target import FakeTarget
from tests.stand_in import QUESTION
from tests.unit.rollout.test_roll_out import DEADLINE_S, change

LASTS_S = 600.0
FINE = (Counts(requests=150), Counts(requests=300))
FAILING = (Counts(requests=150, errors=30), Counts(requests=300))
QUIET = (Counts(requests=3), Counts(requests=300))


def tried(target: FakeTarget, clock: FakeClock | None = None, *, of: bool = True) -> CanaryEvidence:
    clock = clock or FakeClock()
    target.apply(change("r1"))
    wanted = change("r2")
    request = RolloutInput(
        promotion=approved(wanted, target, of=None if of else SOME),
        question=QUESTION,
        previous=change("r1"),
        deadline_s=DEADLINE_S,
    )
    return try_canary(
        CanaryInput(request, share=0.1, lasts_s=LASTS_S),
        target=target,
        clock=clock,
        sleep=lambda seconds: clock.pass_(seconds=seconds),
        progress=lambda _: None,
    )


def codes(evidence: CanaryEvidence) -> list[str]:
    return [finding.code for finding in evidence.findings]


def test_one_that_is_as_good_goes_on_after_its_time_and_stays_until_the_others_follow():
    target, clock = FakeTarget(), FakeClock()
    target.beside.each_look = FINE
    began = clock()
    evidence = tried(target, clock)
    assert (evidence.verdict, codes(evidence)) == (Verdict.PASSED, [])
    assert LASTS_S <= (clock() - began).total_seconds() <= LASTS_S + 20
    assert (evidence.canary_requests, evidence.stable_requests) == (1500, 3000)
    assert evidence.comparisons[0].startswith("requests that failed: 0 of 1500")
    assert target.beside.applied == [("r2", 0.1)]
    assert target.beside.serving() is not None
    assert target.applied == ["r1"]


def test_one_that_is_worse_is_taken_away_as_soon_as_it_shows():
    target, clock = FakeTarget(), FakeClock()
    target.beside.each_look = FAILING
    began = clock()
    evidence = tried(target, clock)
    assert (evidence.verdict, codes(evidence)) == (Verdict.REFUSED, ["canary-errors"])
    assert "30 of 150 (20.0%), beside it 0 of 300 (0.0%)" in evidence.findings[0].sentence
    assert (clock() - began).total_seconds() <= LASTS_S / 10 + 5
    assert target.beside.serving() is None


def test_too_little_traffic_is_waited_for_as_long_again_and_then_said_to_be_too_little():
    target, clock = FakeTarget(), FakeClock()
    target.beside.each_look = QUIET
    began = clock()
    evidence = tried(target, clock)
    assert (evidence.verdict, codes(evidence)) == (Verdict.INCONCLUSIVE, ["canary-undecided"])
    assert f"found {LOOKS * 3} and {LOOKS * 300} in 1200 s" in evidence.findings[0].sentence
    assert (clock() - began).total_seconds() >= 2 * LASTS_S
    assert target.beside.serving() is not None


def test_traffic_that_comes_late_is_enough():
    target = FakeTarget()
    target.beside.each_look = (Counts(requests=70), Counts(requests=700))
    evidence = tried(target)
    assert (evidence.verdict, evidence.canary_requests) == (Verdict.PASSED, 1050)


def test_one_that_is_not_well_is_taken_away_by_its_cause():
    target = FakeTarget()
    target.beside.behaviour = "crash-loop"
    evidence = tried(target)
    assert codes(evidence) == ["crash-loop"]
    assert target.beside.serving() is None


def test_one_that_stops_being_well_while_it_is_measured_is_taken_away():
    target = FakeTarget()
    target.beside.each_look = FINE
    looks = iter(range(100))

    def dies() -> None:
        if next(looks) == 3:
            target.beside.behaviour = "out-of-memory"

    target.beside.happens = dies
    assert codes(tried(target)) == ["out-of-memory"]
    assert target.beside.serving() is None


def test_nothing_is_made_without_an_approval_of_exactly_this():
    target = FakeTarget()
    assert codes(tried(target, of=False)) == ["not-approved"]
    assert target.beside.applied == []


def test_nothing_is_made_where_another_hand_set_the_target():
    class Overtaken(FakeTarget):
        def canary(self):
            if self._set and self._set.image == change("r1").image:
                self.set_by_hand("digits:by-hand")
            return super().canary()

    target = Overtaken()
    assert codes(tried(target)) == ["target-changed"]
    assert target.beside.applied == []


def test_where_nothing_serves_beside_it_there_is_none_and_the_verdict_says_so():
    target = FakeTarget()
    target.beside.alone = True
    evidence = tried(target)
    assert (evidence.verdict, codes(evidence)) == (Verdict.PASSED, ["canary-alone"])
    assert target.beside.applied == []


def test_what_has_its_name_and_is_somebody_else_s_is_left_alone():
    target = FakeTarget()
    target.beside.theirs = Finding("not-ours", "digits-canary", "is another model's")
    assert codes(tried(target)) == ["not-ours"]
    assert target.beside.applied == []


def test_metrics_that_may_not_be_read_are_told_before_anything_is_touched():
    target = FakeTarget()

    def forbidden() -> None:
        raise BackendError("pods/proxy is forbidden")

    target.beside.happens = forbidden
    with pytest.raises(BackendError, match="forbidden"):
        tried(target)
    assert target.beside.applied == []


def test_a_target_with_nothing_in_front_of_its_instances_says_so():
    class Alone(FakeTarget):
        def canary(self) -> None:
            return None

    with pytest.raises(UsageError, match="no place for a canary") as told:
        tried(Alone())
    assert "take `canary` out" in told.value.hint


def test_metrics_that_cannot_be_read_are_an_error_and_the_canary_stays_for_the_next_process():
    target = FakeTarget()

    def away() -> None:
        if target.beside.applied:
            raise BackendError("the cluster is not there", retryable=True)

    target.beside.happens = away
    with pytest.raises(BackendError):
        tried(target)
    assert target.beside.serving() is not None
