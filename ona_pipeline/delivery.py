"""Changes what an environment serves: forward by an approved promotion, back by a person's word.

One rollout at a time: whoever changes an environment has the lease on it, and neither writes nor touches
anything once another process has taken that over; the ledger lets a rollout start only while the champion is
the one that was approved against and no other promotion to the same environment is under way.
"""

from collections.abc import Callable
from datetime import datetime

from ona_pipeline.approve.rules import must_be_met
from ona_pipeline.bindings import change_to, evidence_of
from ona_pipeline.clearance import cleared
from ona_pipeline.errors import BackendError, RefusedError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger, Writing
from ona_pipeline.ledger.lease import Lease
from ona_pipeline.ledger.leases import Leases
from ona_pipeline.policy import EnvironmentPolicy, duration
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.environment import (
    AskedRollback,
    Held,
    RollbackRefused,
    RollbackRequested,
    WayBack,
    place,
)
from ona_pipeline.records.evidence import PublishEvidence, RolloutEvidence
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.promotion_facts import (
    PromotionFact,
    Replaced,
    Restored,
    RolledBack,
    RolledOut,
    RolloutErrored,
    RolloutStarted,
)
from ona_pipeline.rollout.guarded import GuardedTarget
from ona_pipeline.rollout.interface import UNTOUCHED, Change, Target
from ona_pipeline.rollout.roll_out import RolloutInput
from ona_pipeline.watcher import Watcher

RollOut = Callable[[RolloutInput, Target], RolloutEvidence]


class Delivery:
    """Carries out rollouts and rollbacks, with each fact written before and after.

    Args:
        roll_out: the rollout stage.
        ledger: where facts are kept.
        leases: an environment is changed by one process at a time.
        clock: the time now, aware UTC.
        actor: in whose name.
        watcher: who is told.
    """

    def __init__(
        self,
        *,
        roll_out: RollOut,
        ledger: Ledger,
        leases: Leases,
        clock: Callable[[], datetime],
        actor: Actor,
        watcher: Watcher,
    ) -> None:
        self._roll_out = roll_out
        self._ledger = ledger
        self._leases = leases
        self._clock = clock
        self._actor = actor
        self._watcher = watcher

    def carry_out(self, promotion: Promotion, *, target: Target, policy: EnvironmentPolicy) -> Promotion:
        """Roll an approved promotion out, or go on with one that was begun.

        Raises:
            BusyError: a living process is changing the environment.
            RefusedError: the environment is on hold, frozen or busy; the release was not well elsewhere for
                long enough; or the rollout was not well and was put back.
            LeaseLostError: another process went on with it.
            BackendError: something outside failed; `ona resume` goes on.
        """
        with self._leases.taken(place(promotion.model, promotion.environment)) as lease:
            champion = self._begin(promotion, policy, target.place, lease)
            evidence = self._rolled_out(promotion, champion, target, policy, lease)
            if evidence.verdict is Verdict.REFUSED:
                self._write_not_well(promotion, champion, evidence, lease)
                raise _not_well(promotion, evidence)
            return self._write_live(promotion, champion, evidence, lease)

    def roll_back(self, way: WayBack, *, reason: str, target: Target, policy: EnvironmentPolicy) -> Promotion:
        """Let something earlier serve again; the environment is on hold afterwards.

        Raises:
            BusyError: a living process is changing the environment.
            RefusedError: what served earlier is not well either.
            LeaseLostError: another rollback came after this one.
            BackendError: something outside failed; `ona resume` goes on.
        """
        with self._leases.taken(place(way.leave.model, way.leave.environment)) as lease:
            fact = RollbackRequested(promotion=way.leave.id, to=way.to.id, reason=reason)
            with self._ledger.writing(lease) as writing:
                self._append_place(writing, way.leave, fact)
            wanted = AskedRollback(fact, self._actor)
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
        evidence = self._rolled_out(way.to, way.leave, target, policy, lease, is_way_back=True)
        if evidence.verdict is Verdict.REFUSED:
            self._write_no_way_back(way, evidence, lease)
            raise _not_well(way.to, evidence)
        return self._write_restored(way, wanted, evidence, lease)

    def _begin(
        self, promotion: Promotion, policy: EnvironmentPolicy, where: str, lease: Lease
    ) -> Promotion | None:
        with self._ledger.writing(lease) as writing:
            champion = cleared(writing, promotion, where)
            waivers = self._waivers(writing, promotion, policy)
            self._append(writing, promotion, RolloutStarted(waivers, where))
            return champion

    def _waivers(
        self, writing: Writing, promotion: Promotion, policy: EnvironmentPolicy
    ) -> tuple[Digest, ...]:
        """What it took to begin; a rollout that was begun is gone on with at any time."""
        if promotion.phase is PromotionPhase.ROLLING_OUT:
            return ()
        return must_be_met(writing, promotion, policy, self._clock())

    def _rolled_out(
        self,
        promotion: Promotion,
        champion: Promotion | None,
        target: Target,
        policy: EnvironmentPolicy,
        lease: Lease,
        *,
        is_way_back: bool = False,
    ) -> RolloutEvidence:
        self._watcher.begins(f"roll out to {promotion.environment}")
        request = RolloutInput(
            promotion=promotion,
            question=self._change_of(promotion).question,
            previous=self._change_of(champion) if champion else None,
            deadline_s=duration(policy.deadline).total_seconds(),
            min_ready_s=policy.min_ready_s,
            is_way_back=is_way_back,
        )
        try:
            guarded = GuardedTarget(target, guard=lambda: self._leases.must_hold(lease))
            evidence = self._roll_out(request, guarded)
        except BaseException as error:
            self._watcher.breaks_off(f"roll out to {promotion.environment}")
            if isinstance(error, BackendError):
                self._errored(promotion, error, lease)
            raise
        self._watcher.ends(f"roll out to {promotion.environment}", evidence)
        return evidence

    def _errored(self, promotion: Promotion, error: BackendError, lease: Lease) -> None:
        error.hint = f"{error.hint}; then: ona resume {promotion.release}".removeprefix("; ")
        if promotion.phase is PromotionPhase.LIVE or promotion.phase is PromotionPhase.REPLACED:
            return
        with self._ledger.writing(lease) as writing:
            self._append(writing, promotion, RolloutErrored(error.message))

    def _write_live(
        self, promotion: Promotion, champion: Promotion | None, evidence: RolloutEvidence, lease: Lease
    ) -> Promotion:
        with self._ledger.writing(lease) as writing:
            digest = writing.keep(encode(evidence))
            self._append(writing, promotion, RolledOut(digest))
            if champion and champion.id != promotion.id:
                self._append(writing, champion, Replaced(promotion.id))
            return histories.promotion(writing, promotion.id)

    def _write_restored(
        self, way: WayBack, wanted: AskedRollback, evidence: RolloutEvidence, lease: Lease
    ) -> Promotion:
        to, reason = way.to, wanted.asked.reason
        requester = wanted.by if wanted.by != self._actor else None
        with self._ledger.writing(lease) as writing:
            digest = writing.keep(encode(evidence))
            self._append(writing, way.leave, RolledBack(evidence=digest, to=to.id, reason=reason))
            # What was left before it was live had replaced nothing yet.
            champion = histories.champion(writing, to.model, to.environment)
            if champion is None or champion.id != to.id:
                if champion:
                    self._append(writing, champion, Replaced(to.id))
                self._append(writing, to, Restored(instead_of=way.leave.id, requester=requester))
            return histories.promotion(writing, to.id)

    def _write_no_way_back(self, way: WayBack, evidence: RolloutEvidence, lease: Lease) -> None:
        with self._ledger.writing(lease) as writing:
            digest = writing.keep(encode(evidence))
            refused = RollbackRefused(promotion=way.leave.id, to=way.to.id, evidence=digest)
            self._append_place(writing, way.leave, refused)

    def _write_not_well(
        self, promotion: Promotion, champion: Promotion | None, evidence: RolloutEvidence, lease: Lease
    ) -> None:
        reason = evidence.findings[0].sentence
        with self._ledger.writing(lease) as writing:
            digest = writing.keep(encode(evidence))
            back_to = champion.id if champion else ""
            self._append(writing, promotion, RolledBack(evidence=digest, to=back_to, reason=reason))
            held = Held(f"{promotion.release} was not well: {evidence.findings[0].code}")
            self._append_place(writing, promotion, held)

    def _change_of(self, promotion: Promotion) -> Change:
        with self._ledger.reading() as reading:
            release = histories.release(reading, promotion.release)
            published = evidence_of(reading, release, "publish", PublishEvidence)
        return change_to(release, promotion.environment, published)

    def _append(self, writing: Writing, promotion: Promotion, fact: PromotionFact) -> None:
        writing.append(fact, model=promotion.model, subject=promotion.id, actor=self._actor)

    def _append_place(
        self, writing: Writing, promotion: Promotion, fact: Held | RollbackRequested | RollbackRefused
    ) -> None:
        subject = place(promotion.model, promotion.environment)
        writing.append(fact, model=promotion.model, subject=subject, actor=self._actor)


def _not_well(promotion: Promotion, evidence: RolloutEvidence) -> RefusedError:
    lines = "".join(f"\n  {f.code}: {f.subject}: {f.sentence}" for f in evidence.findings)
    back = "nothing serves, as before"
    if evidence.restored:
        back = f"serving again: {evidence.restored}"
    elif evidence.findings[0].code in UNTOUCHED:
        back = "the target was left as it was found"
    return RefusedError(
        f"{promotion.id} was not well:{lines}",
        hint=f"{back}; to lift the hold: ona unhold {promotion.model} --env {promotion.environment}",
    )
