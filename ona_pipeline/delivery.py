"""Changes what an environment serves: forward by an approved promotion, back by a person's word.

One rollout at a time: whoever changes an environment has the lease on it, and neither writes nor touches
anything once another process has taken that over; the ledger lets a rollout start only while the champion is
the one that was approved against and no other promotion to the same environment is under way. What is
written of it is in `rollout_journal.py`.
"""

from collections.abc import Callable
from typing import TypeVar

from ona_pipeline.errors import BackendError, RefusedError
from ona_pipeline.ledger.lease import Lease
from ona_pipeline.ledger.leases import Leases
from ona_pipeline.policy import EnvironmentPolicy, duration
from ona_pipeline.policy.canary import CanaryPolicy
from ona_pipeline.records.environment import AskedRollback, WayBack, place
from ona_pipeline.records.evidence import CanaryEvidence, Evidence, RolloutEvidence
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.rollout.canary import UNDECIDED, CanaryInput
from ona_pipeline.rollout.guarded import GuardedTarget
from ona_pipeline.rollout.interface import UNTOUCHED, Target
from ona_pipeline.rollout.roll_out import RolloutInput
from ona_pipeline.rollout_journal import RolloutJournal
from ona_pipeline.watcher import Watcher

RollOut = Callable[[RolloutInput, Target], RolloutEvidence]
TryCanary = Callable[[CanaryInput, Target], CanaryEvidence]
E = TypeVar("E", bound=Evidence)


class Delivery:
    """Carries out rollouts and rollbacks, with each fact written before and after.

    Args:
        roll_out: the rollout stage.
        try_canary: what comes before it where the policy wants a canary.
        journal: what is written.
        leases: an environment is changed by one process at a time.
        watcher: who is told.
    """

    def __init__(
        self,
        *,
        roll_out: RollOut,
        try_canary: TryCanary,
        journal: RolloutJournal,
        leases: Leases,
        watcher: Watcher,
    ) -> None:
        self._roll_out = roll_out
        self._try_canary = try_canary
        self._journal = journal
        self._leases = leases
        self._watcher = watcher

    def carry_out(self, promotion: Promotion, *, target: Target, policy: EnvironmentPolicy) -> Promotion:
        """Roll an approved promotion out, or go on with one that was begun.

        Raises:
            BusyError: a living process is changing the environment.
            RefusedError: the environment is on hold, frozen or busy; the release was not well elsewhere for
                long enough; its canary was worse, or could not be judged; or the rollout was not well and was
                put back.
            LeaseLostError: another process went on with it.
            BackendError: something outside failed; `ona resume` goes on.
        """
        with self._leases.taken(place(promotion.model, promotion.environment)) as lease:
            champion = self._journal.begin(promotion, policy, target.place, lease)
            request = self._request(promotion, champion, policy)
            if policy.canary and champion:
                self._go_first(request, policy.canary, champion, target, policy, lease)
            evidence = self._rolled_out(request, target, lease)
            if evidence.verdict is Verdict.REFUSED:
                self._journal.not_well(promotion, champion, evidence, lease)
                raise _not_well(promotion, evidence)
            return self._journal.live(promotion, champion, evidence, lease)

    def roll_back(self, way: WayBack, *, reason: str, target: Target, policy: EnvironmentPolicy) -> Promotion:
        """Let something earlier serve again; the environment is on hold afterwards.

        Raises:
            BusyError: a living process is changing the environment.
            RefusedError: what served earlier is not well either.
            LeaseLostError: another rollback came after this one.
            BackendError: something outside failed; `ona resume` goes on.
        """
        with self._leases.taken(place(way.leave.model, way.leave.environment)) as lease:
            wanted = self._journal.wanted_back(way, reason, lease)
            return self._gone_back(way, wanted, target, policy, lease)

    def go_on_back(
        self, way: WayBack, wanted: AskedRollback, *, target: Target, policy: EnvironmentPolicy
    ) -> Promotion:
        """Carry out a rollback that somebody asked for and a killed process, or a failure outside, left.

        Raises:
            BusyError: a living process is carrying it out.
            RefusedError: what served earlier is not well either.
            BackendError: something outside failed again.
        """
        with self._leases.taken(place(way.leave.model, way.leave.environment)) as lease:
            return self._gone_back(way, wanted, target, policy, lease)

    def _gone_back(
        self,
        way: WayBack,
        wanted: AskedRollback,
        target: Target,
        policy: EnvironmentPolicy,
        lease: Lease,
    ) -> Promotion:
        request = self._request(way.to, way.leave, policy, is_way_back=True)
        evidence = self._rolled_out(request, target, lease)
        if evidence.verdict is Verdict.REFUSED:
            self._journal.no_way_back(way, evidence, lease)
            raise _not_well(way.to, evidence)
        return self._journal.restored(way, wanted, evidence, lease)

    def _go_first(
        self,
        request: RolloutInput,
        canary: CanaryPolicy,
        champion: Promotion,
        target: Target,
        policy: EnvironmentPolicy,
        lease: Lease,
    ) -> None:
        """Let a canary go first, unless one has already, or a person waived what kept it from a verdict.

        Raises:
            RefusedError: it was worse, and was taken away; or it could not be judged, and goes on serving.
        """
        promotion = request.promotion
        judged = promotion.canary
        if (judged and judged.lets_go_on) or self._journal.canary_waived(promotion, policy, lease):
            return
        first = CanaryInput(request, share=canary.share, lasts_s=canary.lasts_s)
        evidence = self._watched(
            "canary in", promotion, lease, lambda: self._try_canary(first, self._guarded(target, lease))
        )
        if evidence.verdict is Verdict.REFUSED:
            self._journal.not_well(promotion, champion, evidence, lease)
            raise _not_well(promotion, evidence)
        if not self._journal.canary_judged(promotion, evidence, policy, lease).lets_go_on:
            raise _undecided(promotion, evidence)

    def _request(
        self,
        promotion: Promotion,
        champion: Promotion | None,
        policy: EnvironmentPolicy,
        *,
        is_way_back: bool = False,
    ) -> RolloutInput:
        return RolloutInput(
            promotion=promotion,
            question=self._journal.change_of(promotion).question,
            previous=self._journal.change_of(champion) if champion else None,
            deadline_s=duration(policy.deadline).total_seconds(),
            min_ready_s=policy.min_ready_s,
            is_way_back=is_way_back,
        )

    def _rolled_out(self, request: RolloutInput, target: Target, lease: Lease) -> RolloutEvidence:
        guarded = self._guarded(target, lease)
        return self._watched(
            "roll out to", request.promotion, lease, lambda: self._roll_out(request, guarded)
        )

    def _guarded(self, target: Target, lease: Lease) -> Target:
        return GuardedTarget(target, guard=lambda: self._leases.must_hold(lease))

    def _watched(self, what: str, promotion: Promotion, lease: Lease, stage: Callable[[], E]) -> E:
        """A stage with its verdict; or with what failed outside, which is written."""
        title = f"{what} {promotion.environment}"
        self._watcher.begins(title)
        try:
            evidence = stage()
        except BaseException as error:
            self._watcher.breaks_off(title)
            if isinstance(error, BackendError):
                self._errored(promotion, error, lease)
            raise
        self._watcher.ends(title, evidence)
        return evidence

    def _errored(self, promotion: Promotion, error: BackendError, lease: Lease) -> None:
        error.hint = f"{error.hint}; then: ona resume {promotion.release}".removeprefix("; ")
        if promotion.phase not in {PromotionPhase.LIVE, PromotionPhase.REPLACED}:
            self._journal.errored(promotion, error.message, lease)


def _not_well(promotion: Promotion, evidence: RolloutEvidence | CanaryEvidence) -> RefusedError:
    lines = "".join(f"\n  {f.code}: {f.subject}: {f.sentence}" for f in evidence.findings)
    back = "nothing serves, as before"
    if isinstance(evidence, CanaryEvidence):
        back = "the canary was taken away, the others serve as before"
    elif evidence.restored:
        back = f"serving again: {evidence.restored}"
    elif evidence.findings[0].code in UNTOUCHED:
        back = "the target was left as it was found"
    return RefusedError(
        f"{promotion.id} was not well:{lines}",
        hint=f"{back}; to lift the hold: ona unhold {promotion.model} --env {promotion.environment}",
    )


def _undecided(promotion: Promotion, evidence: CanaryEvidence) -> RefusedError:
    model, environment = promotion.model, promotion.environment
    return RefusedError(
        f"the canary of {promotion.id} could not be judged: {evidence.findings[0].sentence}",
        hint=f"ona resume {promotion.release} looks on; to go on without: ona waive {model} --finding"
        f" {UNDECIDED} --env {environment} --for 1d --reason TEXT, then resume; to go back:"
        f" ona rollback {model} --env {environment} --reason TEXT",
    )
