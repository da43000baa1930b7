"""The stage: set the target to serve an approved release, watch, put it back where it is not well."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import msgspec

from ona_pipeline.records.evidence import RolloutEvidence
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.promotion_facts import Approved
from ona_pipeline.records.question import Question
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.rollout.findings import not_approved, not_well
from ona_pipeline.rollout.interface import Change, Condition, Target, Terms
from ona_pipeline.rollout.watch import SHORTEST_S, Watch


class RolloutInput(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be served, by whose decision, and what to go back to.

    Attributes:
        promotion: with the binding, and the approval of exactly that binding.
        question: the known question of the release.
        previous: what serves now, and is put back where the change is not well; None: take the change away.
        is_way_back: whether it is a rollback: then the target is changed whatever it serves now.
        deadline_s: how long the change may take to be well, seconds; the way back may take as long again.
        min_ready_s: how long every instance has to stay well, seconds.
    """

    promotion: Promotion
    question: Question
    previous: Change | None
    deadline_s: float
    min_ready_s: float = SHORTEST_S
    is_way_back: bool = False

    @property
    def terms(self) -> Terms | None:
        """What the approval lets be sent, and instead of what; after a kill, our own image may be there."""
        binding = self.promotion.binding
        if self.is_way_back:
            return None
        previous = self.previous.image if self.previous else ""
        return Terms(binding.objects, frozenset({binding.serving or previous, binding.image} - {""}))

    @property
    def change(self) -> Change:
        """What the target is told to serve."""
        binding = self.promotion.binding
        return Change(
            model=self.promotion.model,
            environment=binding.environment,
            release=binding.release,
            image=binding.image,
            question=self.question,
        )


def roll_out(
    request: RolloutInput,
    *,
    target: Target,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    progress: Callable[[str], None],
) -> RolloutEvidence:
    """Change the target and wait until it is well; where that does not come, put the previous release back.

    It can be repeated: a second call with the same input finds the target as it should be, and ends the same.

    Args:
        request: what, by whose decision, and what to go back to.
        target: what is changed.
        clock: the time now, aware UTC.
        sleep: waits so many seconds.
        progress: is told each new sentence about the target.

    Returns:
        Evidence that is passed, or refused with the cause as its finding; a second finding ``not-restored``
        where the previous release did not come back either.

    Raises:
        BackendError: the target could not be asked or changed, and it is not known what it serves.
    """
    started_at, change = clock(), request.change
    watch = Watch(target, clock=clock, sleep=sleep, progress=progress, min_ready_s=request.min_ready_s)
    outcome = _attempt(request, target, watch)
    return RolloutEvidence(
        subject=request.promotion.binding.model,
        findings=outcome.findings,
        started_at=started_at,
        finished_at=clock(),
        target=target.name,
        image=change.image,
        objects=target.objects(change),
        instances=outcome.seen.instances,
        restored=outcome.restored,
        address=outcome.address,
    )


def is_approved(promotion: Promotion) -> bool:
    """Whether somebody, or the policy, said yes to exactly what the promotion binds."""
    decision = promotion.decision
    return isinstance(decision, Approved) and decision.binding == promotion.binding.digest


class _Outcome(NamedTuple):
    seen: Condition
    findings: tuple[Finding, ...] = ()
    restored: PinnedReference | None = None
    address: str = ""


def _attempt(request: RolloutInput, target: Target, watch: Watch) -> _Outcome:
    if not is_approved(request.promotion):
        finding = not_approved(request.promotion)
        return _Outcome(_condition(finding.sentence), (finding,))
    if request.is_way_back:
        _end_canary(request, target, watch)
    if broken := watch.until_done(lambda: target.apply(request.change, request.terms), request.deadline_s):
        return _held_off(request, target, watch, broken)
    seen = watch.until_well(request.change, request.deadline_s)
    if not seen.well:
        cause = not_well(seen, target.name, request.deadline_s)
        return _given_up(request, target, watch, seen, cause)
    if doubt := _unproven(request.change, seen):
        return _given_up(request, target, watch, seen, doubt)
    _end_canary(request, target, watch)
    return _Outcome(seen, address=seen.address)


def _unproven(change: Change, seen: Condition) -> Finding | None:
    """Well is what every instance showed by itself: the approved digest, and its right answer."""
    digests = {one.digest for one in seen.instances} - {None}
    answers = {(one.release, one.right) for one in seen.instances}
    if digests == {change.image.digest} and answers == {(change.release, True)}:
        return None
    found = ", ".join(f"{one.name} {one.digest or 'service'} {one.release}" for one in seen.instances)
    sentence = f"wanted {change.image.digest} of {change.release} in every instance, found {found or 'none'}"
    return Finding("not-proven", change.release, sentence)


def _held_off(request: RolloutInput, target: Target, watch: Watch, broken: Finding) -> _Outcome:
    """Leave the target as it was found; but where a process before this one had begun, put that back."""
    serving = target.serving()
    condition = _condition(broken.sentence)
    if serving is None or serving.image != request.change.image:
        _end_canary(request, target, watch)
        return _Outcome(condition, (broken,))
    return _given_up(request, target, watch, condition, broken)


def _given_up(
    request: RolloutInput, target: Target, watch: Watch, seen: Condition, cause: Finding
) -> _Outcome:
    back = _put_back(request, target, watch)
    if not back.well:
        return _Outcome(seen, (_not_restored(request, target, back), cause), address=back.address)
    return _Outcome(seen, (cause,), request.previous.image if request.previous else None, back.address)


def _put_back(request: RolloutInput, target: Target, watch: Watch) -> Condition:
    """Go back, and say how the target is with that."""
    _end_canary(request, target, watch)
    if (previous := request.previous) is not None:
        watch.until_done(lambda: target.apply(previous), request.deadline_s)
        return watch.until_well(previous, request.deadline_s, gives_up=False)
    watch.until_done(target.remove, request.deadline_s)
    is_empty = watch.until_empty(request.deadline_s)
    return _condition("what was tried is still there", well=is_empty)


def _not_restored(request: RolloutInput, target: Target, back: Condition) -> Finding:
    before = f"release {request.previous.release}" if request.previous else "nothing"
    sentence = (
        f"THE TARGET IS NOT WELL: it served {before}, and could not be put back to that: {back.sentence}"
    )
    return Finding("not-restored", target.name, sentence, hint="look at the target now; then `ona rollback`")


def _end_canary(request: RolloutInput, target: Target, watch: Watch) -> None:
    """Take away what a canary left: it serves what serves everywhere now, or what nobody wants any more."""
    if canary := target.canary():
        watch.until_done(canary.remove, request.deadline_s)


def _condition(sentence: str, *, well: bool = False) -> Condition:
    return Condition(well, "", sentence, hopeless=False, instances=(), address="")
