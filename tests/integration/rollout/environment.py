"""One environment on a real target: promotions, stage, leases and ledger are real; the road before is not."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from ona_pipeline import auditing
from ona_pipeline.bindings import Ground
from ona_pipeline.delivery import Delivery
from ona_pipeline.errors import RefusedError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.leases import Leases
from ona_pipeline.ledger.process import this_process
from ona_pipeline.ledger.sql import SqlLedger, open_ledger
from ona_pipeline.policy import EnvironmentPolicy, Policy
from ona_pipeline.promotions import Promotions
from ona_pipeline.publish.stored import Stored
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.environment import place
from ona_pipeline.records.evidence import (
    CanaryEvidence,
    IntegrityEvidence,
    RolloutEvidence,
    ValidationEvidence,
    read_evidence,
)
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.release import Release
from ona_pipeline.rollout.canary import CanaryInput, try_canary
from ona_pipeline.rollout.guarded import GuardedTarget
from ona_pipeline.rollout.interface import Change, Condition, Target
from ona_pipeline.rollout.roll_out import RolloutInput, roll_out
from ona_pipeline.rollout_journal import RolloutJournal
from ona_pipeline.signing import Signing
from tests.fakes.releases import RELEASER, published, road
from tests.fakes.watcher import FakeWatcher

NAME = "testing"


def now() -> datetime:
    return datetime.now(UTC)


class Environment:
    """What one `ona` after the other does to it.

    Args:
        target: real, and empty.
        folder: where the ledger is kept.
        policy: automatic, with a deadline.

    Attributes:
        seen: what each look at the target came to, and when.
    """

    def __init__(self, target: Target, folder: Path, policy: EnvironmentPolicy) -> None:
        self.target = target
        self.ledger: SqlLedger = open_ledger(f"sqlite:///{folder / 'ledger.db'}", clock=now)
        self.seen: list[tuple[datetime, Condition]] = []
        self.policy = policy

    def release(self, change: Change) -> Release:
        """A release that was published, whose image is the change's."""
        return published(self.ledger, change.release, image=change.image, question=change.question)

    def rolled_out(self, change: Change, *, actor: Actor = RELEASER) -> Promotion:
        """Released and promoted, as far as it goes."""
        return self.promotions(actor).promote(self.release(change), NAME)

    def refused(self, change: Change) -> tuple[RefusedError, RolloutEvidence]:
        """The same, where it is not well: what is said, and what was written."""
        try:
            self.rolled_out(change)
        except RefusedError as error:
            return error, self.evidence(self.newest())
        raise AssertionError(f"{change.release} was well")

    def lift_hold(self) -> None:
        """What a person does who has looked at what went wrong."""
        self.promotions().set_hold("digits", NAME, reason="looked at", held=False)

    def rolled_back(self, reason: str = "sevens are wrong") -> Promotion:
        """Back by a person's word, and the hold lifted again."""
        restored = self.promotions().roll_back("digits", NAME, to="", reason=reason)
        self.lift_hold()
        return restored

    def newest(self) -> Promotion:
        """The promotion that was asked for last."""
        with self.ledger.reading() as reading:
            return histories.promotions(reading, "digits", NAME)[-1]

    def evidence(self, promotion: Promotion) -> RolloutEvidence:
        """What its rollout found."""
        assert promotion.rollout
        with self.ledger.reading() as reading:
            found = read_evidence(reading.evidence(promotion.rollout))
        assert isinstance(found, RolloutEvidence)
        return found

    def canary_evidence(self, digest: Digest) -> CanaryEvidence:
        """What a canary came to."""
        with self.ledger.reading() as reading:
            found = read_evidence(reading.evidence(digest))
        assert isinstance(found, CanaryEvidence)
        return found

    def facts(self, subject: str = "") -> list[str]:
        """The tags of what was written about a promotion; of the environment itself where none is named."""
        with self.ledger.reading() as reading:
            events = reading.events(subject=subject or place("digits", NAME))
        return [str(type(event.fact).__struct_config__.tag) for event in events]

    def must_be_sound(self) -> None:
        """The ledger is whole, by the rules that `ona ledger verify` holds it to."""
        assert auditing.of_ledger(self.ledger).refusals == ()

    def named_at(self, cause: str) -> datetime:
        """When ona first saw that cause."""
        return next(at for at, seen in self.seen if seen.cause == cause)

    def promotions(self, actor: Actor = RELEASER) -> Promotions:
        """What one process of `ona` would hold."""
        leases = Leases(self.ledger, holder=actor.login, process=this_process())
        ground = Ground(
            policy=lambda: Policy(environments={NAME: self.policy}),
            judging=lambda _: Policy(environments={NAME: self.policy}),
            target=lambda *_: self.target,
            stored=lambda published, _: Stored(published.image.digest, ()),
            validate=lambda release, *_: cast("ValidationEvidence", road(release.id)["validate"]),
            verify=lambda release, *_: cast("IntegrityEvidence", road(release.id)["verify"]),
        )
        delivery = Delivery(
            roll_out=self._roll_out,
            try_canary=self._try_canary,
            journal=RolloutJournal(ledger=self.ledger, clock=now, actor=actor),
            leases=leases,
            watcher=FakeWatcher(),
        )
        return Promotions(
            ground=ground,
            delivery=delivery,
            ledger=self.ledger,
            leases=leases,
            clock=now,
            actor=actor,
            signing=Signing(folder=Path("/")),
        )

    def _try_canary(self, request: CanaryInput, target: Target) -> CanaryEvidence:
        return try_canary(request, target=target, clock=now, sleep=time.sleep, progress=lambda _: None)

    def _roll_out(self, request: RolloutInput, target: Target) -> RolloutEvidence:
        noticing = _NoticingTarget(target, self.seen)
        return roll_out(request, target=noticing, clock=now, sleep=time.sleep, progress=lambda _: None)


class _NoticingTarget(GuardedTarget):
    """Keeps what each look came to, and when."""

    def __init__(self, target: Target, seen: list[tuple[datetime, Condition]]) -> None:
        super().__init__(target, guard=lambda: None)
        self._seen = seen

    def condition(self, change: Change) -> Condition:
        found = super().condition(change)
        self._seen.append((now(), found))
        return found
