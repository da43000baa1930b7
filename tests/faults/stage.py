"""Published releases, several people and jobs, two environments: on a real ledger, before fake targets."""

from collections.abc import Callable
from contextlib import suppress
from typing import cast

from ona_pipeline.errors import OnaError
from ona_pipeline.journey import Journey
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.ledger.sql import SqlLedger
from ona_pipeline.policy import DEFAULT_ENVIRONMENTS, EnvironmentPolicy
from ona_pipeline.promotions import Promotions
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.promotion_facts import Approved
from ona_pipeline.records.release import Release
from ona_pipeline.rollout.interface import Change, Terms
from tests.fakes.clock import FakeClock
from tests.fakes.given import Given
from tests.fakes.target import FakeTarget
from tests.faults.doomed import DoomedLedger, DoomedTarget, Fate, Killed

_P = PromotionPhase
MAY_BE_SERVED = {_P.ROLLING_OUT, _P.LIVE, _P.REPLACED, _P.ROLLED_BACK}
"""Approved, and not taken back, superseded, expired or void since; what served before may serve again."""


class GuardedTarget(FakeTarget):
    """Asserts, at the moment when it is told to serve something, that somebody said yes to exactly that."""

    def __init__(self, name: str, may_serve: Callable[[Change], bool]) -> None:
        super().__init__(name)
        self._may_serve = may_serve

    def apply(self, change: Change, terms: Terms | None = None) -> Finding | None:
        assert self._may_serve(change), f"{change.environment} was told to serve {change} without a live yes"
        return super().apply(change, terms)


class Stage:
    """One model's environments, and everything that happens to them.

    Args:
        ledger: real, and empty.
        clock: of everything.

    Attributes:
        releases: published ones.
        moved: release to the digest that its tag was moved to.
        environments: the policy, as it is now.
        targets: by environment.
    """

    def __init__(self, ledger: SqlLedger, clock: FakeClock) -> None:
        self.ledger = ledger
        self.clock = clock
        self.releases: list[Release] = []
        self.moved: dict[str, str] = {}
        self.environments: dict[str, EnvironmentPolicy] = dict(DEFAULT_ENVIRONMENTS)
        self.targets = {name: GuardedTarget(name, self.may_serve) for name in DEFAULT_ENVIRONMENTS}

    def act(self, actor: Actor, lives_for: int | None, deed: Callable[[Promotions, Journey], object]) -> None:
        """Let a process of `actor` do something; it may be refused, and it may be killed on the way."""
        process = self._process(Fate(lives_for))
        with suppress(OnaError, Killed):
            deed(process.promotions(actor), process.journey(actor))

    def promotions(self, environment: str = "") -> list[Promotion]:
        with self.ledger.reading() as reading:
            return histories.promotions(reading, "digits", environment)

    def may_serve(self, change: Change) -> bool:
        return any(
            promotion.phase in MAY_BE_SERVED
            and (promotion.release, promotion.binding.image) == (change.release, change.image)
            and isinstance(promotion.decision, Approved)
            and promotion.decision.binding == promotion.binding.digest
            for promotion in self.promotions(change.environment)
        )

    def _process(self, fate: Fate) -> Given:
        """Sees what is there as it is, and may be killed at whatever it does to it."""
        process = Given(cast("Ledger", DoomedLedger(self.ledger, fate)), self.clock)
        process.targets = {
            name: cast("FakeTarget", DoomedTarget(target, fate)) for name, target in self.targets.items()
        }
        process.environments, process.moved = self.environments, self.moved
        return process
