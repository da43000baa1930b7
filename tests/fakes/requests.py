"""Asks for promotions and decides on them, with what a test does not care about filled in."""

from collections.abc import Callable
from datetime import datetime

from ona_pipeline.approve import decide
from ona_pipeline.approve.request import PromotionInput, request_promotion
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.binding import Binding
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.release import Release
from tests.fakes.releases import APPROVER, MANUAL, RELEASER, binding

Clock = Callable[[], datetime]


def ask(
    ledger: Ledger,
    clock: Clock,
    release: Release,
    *,
    policy: EnvironmentPolicy = MANUAL,
    actor: Actor = RELEASER,
    bound: Binding | None = None,
    environment: str = "production",
) -> Promotion:
    asked = PromotionInput(
        release=release,
        binding=bound or binding(ledger, release, environment, policy=policy.digest),
        policy=policy,
        actor=actor,
    )
    return request_promotion(asked, ledger=ledger, clock=clock)


def say_yes(
    ledger: Ledger,
    clock: Clock,
    promotion: Promotion,
    *,
    actor: Actor = APPROVER,
    policy: EnvironmentPolicy = MANUAL,
    reason: str = "seen",
    current: Binding | None = None,
) -> Promotion:
    return decide.approve(
        promotion.id,
        actor=actor,
        reason=reason,
        ledger=ledger,
        clock=clock,
        policy=policy,
        current=current or promotion.binding,
    )


def say_no(
    ledger: Ledger,
    clock: Clock,
    promotion: Promotion,
    *,
    actor: Actor = APPROVER,
    policy: EnvironmentPolicy = MANUAL,
    reason: str = "sevens are wrong",
) -> Promotion:
    return decide.reject(promotion.id, actor=actor, reason=reason, ledger=ledger, clock=clock, policy=policy)


def take_back(
    ledger: Ledger,
    clock: Clock,
    promotion: Promotion,
    *,
    actor: Actor = RELEASER,
    policy: EnvironmentPolicy = MANUAL,
    reason: str = "too early",
) -> Promotion:
    return decide.withdraw(
        promotion.id, actor=actor, reason=reason, ledger=ledger, clock=clock, policy=policy
    )


def now(ledger: Ledger, promotion: Promotion) -> Promotion:
    with ledger.reading() as reading:
        return histories.promotion(reading, promotion.id)
