"""What is written of rollouts and rollbacks, each fact in the transaction that looks whether it may be."""

from collections.abc import Callable
from datetime import datetime

from ona_pipeline.approve.line import leaves
from ona_pipeline.approve.rules import must_be_met
from ona_pipeline.approve.waived import in_force
from ona_pipeline.bindings import change_to, evidence_of
from ona_pipeline.clearance import cleared
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger, Writing
from ona_pipeline.ledger.lease import Lease
from ona_pipeline.policy import EnvironmentPolicy
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
from ona_pipeline.records.evidence import CanaryEvidence, PublishEvidence, RolloutEvidence
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.promotion_facts import (
    CanaryJudged,
    PromotionFact,
    Replaced,
    Restored,
    RolledBack,
    RolledOut,
    RolloutErrored,
    RolloutStarted,
    Superseded,
)
from ona_pipeline.rollout.canary import UNDECIDED
from ona_pipeline.rollout.interface import Change


class RolloutJournal:
    """Writes in the name of one actor; nothing once another process has the environment's lease.

    Args:
        ledger: where facts are kept.
        clock: the time now, aware UTC.
        actor: in whose name.
    """

    def __init__(self, *, ledger: Ledger, clock: Callable[[], datetime], actor: Actor) -> None:
        self._ledger = ledger
        self._clock = clock
        self._actor = actor

    def begin(
        self, promotion: Promotion, policy: EnvironmentPolicy, where: str, lease: Lease
    ) -> Promotion | None:
        """The rollout begins, or goes on; the champion that it replaces.

        A canary of something older that could not be judged is superseded.

        Raises:
            RefusedError: it may not; nothing is written.
        """
        with self._ledger.writing(lease) as writing:
            champion = cleared(writing, promotion, where)
            waivers = self._waivers(writing, promotion, policy)
            for older in histories.open_promotions(writing, promotion.model, promotion.environment):
                if leaves(older, promotion):
                    self._append(writing, older, Superseded(promotion.id))
            self._append(writing, promotion, RolloutStarted(waivers, where))
            return champion

    def wanted_back(self, way: WayBack, reason: str, lease: Lease) -> AskedRollback:
        """Somebody wants something earlier to serve."""
        fact = RollbackRequested(promotion=way.leave.id, to=way.to.id, reason=reason)
        with self._ledger.writing(lease) as writing:
            self._append_place(writing, way.leave, fact)
        return AskedRollback(fact, self._actor)

    def errored(self, promotion: Promotion, message: str, lease: Lease) -> None:
        """Something outside failed."""
        with self._ledger.writing(lease) as writing:
            self._append(writing, promotion, RolloutErrored(message))

    def canary_judged(
        self, promotion: Promotion, evidence: CanaryEvidence, policy: EnvironmentPolicy, lease: Lease
    ) -> CanaryJudged:
        """It passed; or there was not enough traffic, and a waiver may cover that."""
        with self._ledger.writing(lease) as writing:
            waivers = () if evidence.verdict is Verdict.PASSED else self._covering(writing, promotion, policy)
            fact = CanaryJudged(writing.keep(encode(evidence)), evidence.verdict, waivers)
            self._append(writing, promotion, fact)
            return fact

    def canary_waived(self, promotion: Promotion, policy: EnvironmentPolicy, lease: Lease) -> bool:
        """Whether a waiver covers, by now, a canary that could not be judged; then that is written."""
        judged = promotion.canary
        if judged is None:
            return False
        with self._ledger.writing(lease) as writing:
            waivers = self._covering(writing, promotion, policy)
            if waivers:
                self._append(writing, promotion, CanaryJudged(judged.evidence, judged.verdict, waivers))
        return bool(waivers)

    def live(
        self, promotion: Promotion, champion: Promotion | None, evidence: RolloutEvidence, lease: Lease
    ) -> Promotion:
        """It is served, in place of the champion."""
        with self._ledger.writing(lease) as writing:
            digest = writing.keep(encode(evidence))
            self._append(writing, promotion, RolledOut(digest))
            if champion and champion.id != promotion.id:
                self._append(writing, champion, Replaced(promotion.id))
            return histories.promotion(writing, promotion.id)

    def restored(
        self, way: WayBack, wanted: AskedRollback, evidence: RolloutEvidence, lease: Lease
    ) -> Promotion:
        """Something earlier serves again, by a person's word."""
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

    def no_way_back(self, way: WayBack, evidence: RolloutEvidence, lease: Lease) -> None:
        """What served earlier is not well either."""
        with self._ledger.writing(lease) as writing:
            digest = writing.keep(encode(evidence))
            refused = RollbackRefused(promotion=way.leave.id, to=way.to.id, evidence=digest)
            self._append_place(writing, way.leave, refused)

    def not_well(
        self,
        promotion: Promotion,
        champion: Promotion | None,
        evidence: RolloutEvidence | CanaryEvidence,
        lease: Lease,
    ) -> None:
        """The target was put back, and the environment is on hold."""
        reason = evidence.findings[0].sentence
        with self._ledger.writing(lease) as writing:
            digest = writing.keep(encode(evidence))
            back_to = champion.id if champion else ""
            self._append(writing, promotion, RolledBack(evidence=digest, to=back_to, reason=reason))
            held = Held(f"{promotion.release} was not well: {evidence.findings[0].code}")
            self._append_place(writing, promotion, held)

    def change_of(self, promotion: Promotion) -> Change:
        """What the promotion's target is told to serve."""
        with self._ledger.reading() as reading:
            release = histories.release(reading, promotion.release)
            published = evidence_of(reading, release, "publish", PublishEvidence)
        return change_to(release, promotion.environment, published)

    def _waivers(
        self, writing: Writing, promotion: Promotion, policy: EnvironmentPolicy
    ) -> tuple[Digest, ...]:
        """What it took to begin; a rollout that was begun is gone on with at any time."""
        if promotion.phase is PromotionPhase.ROLLING_OUT:
            return ()
        return must_be_met(writing, promotion, policy, self._clock())

    def _covering(
        self, writing: Writing, promotion: Promotion, policy: EnvironmentPolicy
    ) -> tuple[Digest, ...]:
        standing = in_force(writing, promotion.model, promotion.environment, policy, self._clock())
        return tuple(sorted(one.digest for one in standing if one.covers(UNDECIDED, promotion.release)))

    def _append(self, writing: Writing, promotion: Promotion, fact: PromotionFact) -> None:
        writing.append(fact, model=promotion.model, subject=promotion.id, actor=self._actor)

    def _append_place(
        self, writing: Writing, promotion: Promotion, fact: Held | RollbackRequested | RollbackRefused
    ) -> None:
        subject = place(promotion.model, promotion.environment)
        writing.append(fact, model=promotion.model, subject=subject, actor=self._actor)
