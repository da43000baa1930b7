"""Before a rollout, where the policy wants it: a share of instances first, compared with the others.

Three outcomes: passed, the rollout may go on; refused, the canary is taken away and nothing else was touched;
inconclusive, there was not enough traffic to tell, the canary stays, and a person or time decides.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from ona_pipeline.errors import UsageError
from ona_pipeline.records.evidence import CanaryEvidence
from ona_pipeline.records.finding import Finding, Severity
from ona_pipeline.rollout.canary_rule import ENOUGH, LOOKS, Comparison, compared, is_enough
from ona_pipeline.rollout.findings import not_approved, not_well
from ona_pipeline.rollout.interface import Canary, Change, Condition, Target
from ona_pipeline.rollout.roll_out import RolloutInput, is_approved
from ona_pipeline.rollout.traffic import Counts, Traffic
from ona_pipeline.rollout.watch import Watch

_TOLD = 10
UNDECIDED = "canary-undecided"
_HINTS = {
    "canary-errors": "the pods' logs say why: kubectl logs; then fix, and release again",
    "canary-slower": "compare latency in `ona show`, and the pods' CPU limit; then release again",
    "canary-predictions": "compare the answers: ona validate; release without a canary what is meant so",
}


class CanaryInput(msgspec.Struct, frozen=True):
    """What is to serve first.

    Attributes:
        rollout: what would be rolled out after it.
        share: of the instances.
        lasts_s: how long it serves before the verdict, seconds; as long again where traffic is not enough.
    """

    rollout: RolloutInput
    share: float
    lasts_s: float


def try_canary(
    request: CanaryInput,
    *,
    target: Target,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    progress: Callable[[str], None],
) -> CanaryEvidence:
    """Serve a share with the candidate for a while; take it away where it is worse, or not well.

    Where nothing serves beside it, there is nothing to compare with: it is passed, with a note that says so.
    It can be repeated: a canary that a killed process left is measured anew, for the whole time.

    Args:
        request: what, how much of it, and for how long.
        target: what would be rolled out to; it is not changed.
        clock: the time now, aware UTC.
        sleep: waits so many seconds.
        progress: is told each new sentence.

    Returns:
        Evidence that is passed; refused with what is worse, or why the canary is not well; or inconclusive
        with ``canary-undecided``.

    Raises:
        UsageError: the target has no place for a canary.
        BackendError: the target could not be asked or changed.
    """
    started_at, rollout = clock(), request.rollout
    canary = target.canary()
    if canary is None:
        hint = (
            "a canary stands beside a Deployment that ona made; take `canary` out of the environment's policy"
        )
        raise UsageError(f"{target.name} has no place for a canary", hint=hint)
    watch = Watch(canary, clock=clock, sleep=sleep, progress=progress, min_ready_s=rollout.min_ready_s)
    trial = _Trial(request, canary, watch, clock=clock, sleep=sleep, progress=progress)
    findings = _must_not_begin(rollout, target) or trial.findings()
    if any(finding.severity is Severity.REFUSAL for finding in findings):
        watch.until_done(canary.remove, rollout.deadline_s)
    return CanaryEvidence(
        subject=rollout.promotion.binding.model,
        findings=findings,
        started_at=started_at,
        finished_at=clock(),
        target=canary.name,
        image=rollout.change.image,
        instances=trial.seen.instances,
        canary_requests=trial.canary.requests,
        stable_requests=trial.stable.requests,
        comparisons=tuple(map(str, trial.comparisons[:_TOLD])),
    )


def _must_not_begin(rollout: RolloutInput, target: Target) -> tuple[Finding, ...]:
    """Why nothing may be touched; empty where it may."""
    if not is_approved(rollout.promotion):
        return (not_approved(rollout.promotion),)
    terms = rollout.terms
    broken = terms.broken_by(target.objects(rollout.change), target.serving()) if terms else None
    return (broken,) if broken else ()


class _Trial:
    """One canary on its way: what it was last seen like, and what it and the others answered meanwhile."""

    def __init__(
        self,
        request: CanaryInput,
        canary: Canary,
        watch: Watch,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        progress: Callable[[str], None],
    ) -> None:
        self._request = request
        self._canary = canary
        self._watch = watch
        self._clock = clock
        self._sleep = sleep
        self._progress = progress
        self.seen = Condition(False, "", "it was not made", hopeless=False, instances=(), address="")
        self.canary, self.stable = Counts(), Counts()
        self.comparisons: tuple[Comparison, ...] = ()

    def findings(self) -> tuple[Finding, ...]:
        """Make it, wait until it is well, and compare it as often as the rule allows."""
        rollout, change = self._request.rollout, self._request.rollout.change
        if self._canary.is_alone():
            return (self._alone(),)
        self._canary.traffic()  # whoever may not read it is told before anything is touched
        if theirs := self._canary.apply(change, self._request.share):
            return (theirs,)
        self.seen = self._watch.until_well(change, rollout.deadline_s)
        if not self.seen.well:
            return (not_well(self.seen, self._canary.name, rollout.deadline_s),)
        return self._compared(change)

    def _compared(self, change: Change) -> tuple[Finding, ...]:
        before, interval_s = self._canary.traffic(), self._request.lasts_s / (LOOKS / 2)
        for look in range(1, LOOKS + 1):
            if trouble := self._trouble(change, interval_s):
                return (trouble,)
            if worse := self._worse(before):
                return worse
            if look >= LOOKS / 2 and is_enough(self.canary, self.stable):
                return ()
        return (self._undecided(),)

    def _trouble(self, change: Change, interval_s: float) -> Finding | None:
        """Wait until the next look is due, unless the canary is not well any more."""
        due = self._clock() + timedelta(seconds=interval_s)
        while self._clock() < due:
            steady = self._watch.looked(lambda: self._canary.steady(change), due)
            if not steady.well and (steady.hopeless or steady.cause):
                self.seen = steady
                return not_well(steady, self._canary.name, self._request.lasts_s)
            self._sleep(min(1.0, max((due - self._clock()).total_seconds(), 0.0)))
        return None

    def _worse(self, before: Traffic) -> tuple[Finding, ...]:
        self.canary, self.stable = self._canary.traffic().since(before)
        self.comparisons = compared(self.canary, self.stable)
        self._progress(
            f"the canary answered {self.canary.requests} requests, the others {self.stable.requests}"
        )
        return tuple(
            Finding(one.code, self._canary.name, str(one), hint=_HINTS[one.code])
            for one in self.comparisons
            if one.is_worse
        )

    def _alone(self) -> Finding:
        sentence = "nothing serves beside it, so nothing was compared"
        return Finding("canary-alone", self._canary.name, sentence, severity=Severity.NOTE)

    def _undecided(self) -> Finding:
        sentence = (
            f"wanted {ENOUGH} requests to the canary and to the others, found {self.canary.requests} and"
            f" {self.stable.requests} in {2 * self._request.lasts_s:g} s; the canary goes on serving"
        )
        return Finding(UNDECIDED, self._canary.name, sentence, severity=Severity.DOUBT)
