"""Promotions whole: over a ledger, targets in memory and the real rollout stage."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import msgspec
import pytest

from ona_pipeline.bindings import Ground
from ona_pipeline.delivery import Delivery
from ona_pipeline.errors import RefusedError
from ona_pipeline.journey import Journey
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.ledger.leases import Leases
from ona_pipeline.pipeline import Pipeline
from ona_pipeline.policy import DEFAULT_ENVIRONMENTS, EnvironmentPolicy, Policy, VerifyPolicy
from ona_pipeline.promotions import Promotions
from ona_pipeline.publish.stored import Stored
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.comparison import Comparison
from ona_pipeline.records.evidence import (
    CanaryEvidence,
    IntegrityEvidence,
    PublishEvidence,
    RolloutEvidence,
    ValidationEvidence,
)
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.release import Release
from ona_pipeline.rollout.canary import CanaryInput, try_canary
from ona_pipeline.rollout.interface import Target
from ona_pipeline.rollout.roll_out import RolloutInput, roll_out
from ona_pipeline.rollout_journal import RolloutJournal
from ona_pipeline.signing import Signing
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.releases import APPROVER, DOUBT, RELEASER, published, road
from tests.fakes.target import FakeTarget
from tests.fakes.watcher import FakeWatcher


class Given:
    """What a story begins with.

    Args:
        ledger: a fake one unless given, and then on `clock`.
        clock: of everything.
    """

    def __init__(self, ledger: Ledger | None = None, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.ledger = ledger or FakeLedger(clock=self.clock)
        self.targets = {name: FakeTarget(f"fake {name}") for name in DEFAULT_ENVIRONMENTS}
        self.environments: dict[str, EnvironmentPolicy] = dict(DEFAULT_ENVIRONMENTS)
        self.verify_policy = VerifyPolicy()
        self.verified: list[str] = []
        self.moved_to = ""
        self.moved: dict[str, str] = {}
        self.missing: tuple[str, ...] = ()
        self.compared: list[tuple[str, str]] = []
        self.worse: set[str] = set()
        self.doubtful: set[str] = set()
        self.failing: BaseException | None = None
        self.meanwhile: Callable[[], None] = lambda: None

    def promotions(self, actor: Actor = RELEASER) -> Promotions:
        ground = Ground(
            policy=lambda: Policy(environments=self.environments),
            judging=lambda _: Policy(self.verify_policy, self.environments),
            target=lambda _, environment: self.targets[environment],
            stored=self._stored,
            verify=self._verify,
            validate=self._validate,
        )
        leases = Leases(self.ledger, holder=actor.login, sleep=lambda _: self.meanwhile())
        delivery = Delivery(
            roll_out=self._roll_out,
            try_canary=self._try_canary,
            journal=RolloutJournal(ledger=self.ledger, clock=self.clock, actor=actor),
            leases=leases,
            watcher=FakeWatcher(),
        )
        return Promotions(
            ground=ground,
            delivery=delivery,
            ledger=self.ledger,
            leases=leases,
            clock=self.clock,
            actor=actor,
            signing=Signing(folder=Path("/")),
        )

    def journey(self, actor: Actor = RELEASER) -> Journey:
        return Journey(
            pipeline=cast("Pipeline", NoPipeline()), promotions=self.promotions(actor), ledger=self.ledger
        )

    def live(self, name: str, environment: str = "production") -> Promotion:
        """A release that a person let into production."""
        release = published(self.ledger, name)
        asked = self.promotions().promote(release, environment)
        return self.promotions(APPROVER).approve(asked, reason="fine")

    def approved_under_a_hold(self, asked: Promotion) -> Promotion:
        """Somebody said yes, and it was not carried out yet."""
        self.promotions().set_hold("digits", "production", reason="audit", held=True)
        with pytest.raises(RefusedError, match="audit"):
            self.promotions(APPROVER).approve(asked, reason="fine")
        self.promotions().set_hold("digits", "production", reason="over", held=False)
        return self.now(asked)

    def release(self, name: str) -> Release:
        with self.ledger.reading() as reading:
            return histories.release(reading, name)

    def now(self, promotion: Promotion) -> Promotion:
        with self.ledger.reading() as reading:
            return histories.promotion(reading, promotion.id)

    def newest(self, environment: str = "production") -> Promotion:
        """The promotion that was asked for last."""
        with self.ledger.reading() as reading:
            return histories.promotions(reading, "digits", environment)[-1]

    def waiting(self, environment: str = "production") -> Promotion:
        """The request that waits there."""
        with self.ledger.reading() as reading:
            known = histories.promotions(reading, "digits", environment)
        return next(one for one in known if one.phase is PromotionPhase.AWAITING)

    def _stored(self, published: PublishEvidence, _: object) -> Stored:
        found = self.moved.get(published.tag) or self.moved_to or published.image.digest
        return Stored(found, self.missing)

    def _verify(self, release: Release, policy: VerifyPolicy) -> IntegrityEvidence:
        self.verified.append(release.id)
        integrity = road(release.id)["verify"]
        assert isinstance(integrity, IntegrityEvidence)
        refused = Finding("format-not-allowed", "model", f"wanted {policy.formats}, found skops")
        findings = () if "skops" in policy.formats else (refused,)
        return msgspec.structs.replace(integrity, policy=policy.digest, findings=findings)

    def _validate(self, release: Release, _: object, champion: Promotion) -> ValidationEvidence:
        self.compared.append((release.id, champion.release))
        validation = road(release.id)["validate"]
        assert isinstance(validation, ValidationEvidence)
        worse = Finding("worse-than-champion", "accuracy", f"worse than {champion.release}")
        findings: tuple[Finding, ...] = (DOUBT,) if release.id in self.doubtful else ()
        return msgspec.structs.replace(
            validation,
            comparison=Comparison(champion.release, "accuracy", 0.97, 0.97, 0.0, 0, 360),
            findings=(worse,) if release.id in self.worse else findings,
        )

    def _try_canary(self, request: CanaryInput, target: Target) -> CanaryEvidence:
        self.meanwhile()
        return try_canary(
            request,
            target=target,
            clock=self.clock,
            sleep=lambda seconds: self.clock.pass_(seconds=seconds),
            progress=lambda _: None,
        )

    def _roll_out(self, request: RolloutInput, target: Target) -> RolloutEvidence:
        self.meanwhile()
        if self.failing:
            failing, self.failing = self.failing, None
            raise failing
        return roll_out(
            request,
            target=target,
            clock=self.clock,
            sleep=lambda seconds: self.clock.pass_(seconds=seconds),
            progress=lambda _: None,
        )


class NoPipeline:
    """Releases here are published already."""

    @contextmanager
    def resume(self, release: Release) -> Iterator[Release]:
        yield release
