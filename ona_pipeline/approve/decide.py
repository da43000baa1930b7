"""Decisions on a promotion: each is one transaction; of two at once one wins, and the other is told who."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from ona_pipeline.approve.allowed import (
    earlier_yes,
    must_be_allowed,
    must_be_one,
    must_not_have_said,
)
from ona_pipeline.approve.signed import must_be_signed
from ona_pipeline.approve.standing import expiry, too_late
from ona_pipeline.errors import UsageError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger, Reading, Writing
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.binding import Binding
from ona_pipeline.records.decision import Said, words
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.promotion_facts import (
    Approved,
    Endorsed,
    PromotionFact,
    Rejected,
    Unendorsed,
    Voided,
    Withdrawn,
)

_AWAITING = frozenset({PromotionPhase.AWAITING})
_NOT_ACTED_ON = frozenset({PromotionPhase.AWAITING, PromotionPhase.IN_LINE, PromotionPhase.APPROVED})


def approve(
    promotion_id: str,
    *,
    actor: Actor,
    reason: str,
    ledger: Ledger,
    clock: Callable[[], datetime],
    policy: EnvironmentPolicy,
    current: Binding,
    signature: str = "",
) -> Promotion:
    """Say yes to what the promotion is bound to.

    Args:
        promotion_id: which one.
        actor: who decides.
        reason: that person's words; may be empty.
        ledger: where facts are kept.
        clock: the time now, aware UTC.
        policy: of the environment, as it is now.
        current: what the promotion would be bound to if it were asked for now.
        signature: of the decision, armored; empty where it is not signed.

    Returns:
        The promotion: approved; waiting still, where the policy wants more people; or void, with the changes
        as its reason, where `current` is otherwise.

    Raises:
        UsageError: there is no such promotion.
        RefusedError: it was decided, superseded, withdrawn or has expired; the actor may not decide; or it is
            not signed as it has to be.
    """

    def decision(writing: Writing, promotion: Promotion) -> PromotionFact:
        must_be_allowed(promotion, actor, policy, "approve")
        must_not_have_said(promotion, actor, policy)
        as_of_now = _as_of(writing, current, promotion.model, clock())
        if changes := promotion.binding.changes(as_of_now):
            return Voided(changes)
        said = Said(reason, policy.people.person_of(actor), signature)
        must_be_signed(words(promotion, "approve", said), signature, policy=policy, at=clock())
        return _yes(promotion, actor, policy, said)

    return _decided(promotion_id, decision, actor=actor, ledger=ledger, clock=clock)


def reject(
    promotion_id: str,
    *,
    actor: Actor,
    reason: str,
    ledger: Ledger,
    clock: Callable[[], datetime],
    policy: EnvironmentPolicy,
    signature: str = "",
) -> Promotion:
    """Say no, with a reason.

    Raises:
        UsageError: there is no such promotion, or no reason.
        RefusedError: it was decided, superseded, withdrawn or has expired; or the actor may not decide.
    """
    _must_have_reason(reason, "ona reject")

    def decision(_: Writing, promotion: Promotion) -> PromotionFact:
        if not policy.people.are_one(actor, promotion.by):
            must_be_allowed(promotion, actor, policy, "reject")
        said = Said(reason, policy.people.person_of(actor), signature)
        must_be_signed(words(promotion, "reject", said), signature, policy=policy, at=clock())
        return Rejected(promotion.binding.digest, **said._asdict())

    return _decided(promotion_id, decision, actor=actor, ledger=ledger, clock=clock)


def withdraw(
    promotion_id: str,
    *,
    actor: Actor,
    reason: str,
    ledger: Ledger,
    clock: Callable[[], datetime],
    policy: EnvironmentPolicy,
) -> Promotion:
    """Take back an own request, an own yes that did not decide, or an approval that was not acted on yet.

    Raises:
        UsageError: there is no such promotion, or no reason.
        RefusedError: it is past that; or it is not the actor's to take back.
    """
    _must_have_reason(reason, "ona withdraw")

    def decision(_: Writing, promotion: Promotion) -> PromotionFact:
        person = policy.people.person_of(actor)
        if policy.people.are_one(actor, promotion.by):
            return Withdrawn(reason, person=person)
        must_be_one(actor, policy)
        if promotion.phase is PromotionPhase.AWAITING and earlier_yes(promotion, actor, policy):
            return Unendorsed(reason, person=person)
        must_be_allowed(promotion, actor, policy, "withdraw")
        return Withdrawn(reason, person=person)

    return _decided(promotion_id, decision, actor=actor, ledger=ledger, clock=clock, phases=_NOT_ACTED_ON)


def void(promotion_id: str, *, changes: tuple[str, ...], actor: Actor, ledger: Ledger) -> Promotion:
    """End a request, or an approval that was not acted on, because what it is bound to has changed.

    Args:
        promotion_id: which one.
        changes: a sentence for each part that changed.
        actor: who noticed.
        ledger: where facts are kept.

    Raises:
        RefusedError: it is past that.
    """
    with ledger.writing() as writing:
        promotion = _standing(writing, promotion_id, _NOT_ACTED_ON)
        return _append(writing, promotion, Voided(changes), actor)


def _decided(
    promotion_id: str,
    decision: Callable[[Writing, Promotion], PromotionFact],
    *,
    actor: Actor,
    ledger: Ledger,
    clock: Callable[[], datetime],
    phases: frozenset[PromotionPhase] = _AWAITING,
) -> Promotion:
    """Write the decision, or that it comes too late; the refusal is raised once that is kept."""
    with ledger.writing() as writing:
        promotion = _standing(writing, promotion_id, phases)
        fact = expiry(promotion, clock()) or decision(writing, promotion)
        decided = _append(writing, promotion, fact, actor)
        refusal = too_late(writing, decided) if decided.phase is PromotionPhase.EXPIRED else None
    if refusal:
        raise refusal
    return decided


def _standing(reading: Reading, promotion_id: str, phases: frozenset[PromotionPhase]) -> Promotion:
    promotion = histories.promotion(reading, promotion_id)
    if promotion.phase not in phases:
        raise too_late(reading, promotion)
    return promotion


def _append(writing: Writing, promotion: Promotion, fact: PromotionFact, actor: Actor) -> Promotion:
    writing.append(fact, model=promotion.model, subject=promotion.id, actor=actor)
    return histories.promotion(writing, promotion.id)


def _yes(promotion: Promotion, actor: Actor, policy: EnvironmentPolicy, said: Said) -> Endorsed | Approved:
    """The deciding yes, or one of those that come before it."""
    binding = promotion.binding.digest
    if len(promotion.endorsements) + 1 < policy.quorum:
        return Endorsed(binding, **said._asdict())
    everyone = [actor, *(one.by for one in promotion.endorsements)]
    own = any(policy.people.are_one(one, promotion.by) for one in everyone)
    return Approved(binding, self_approved=own, **said._asdict())


def _as_of(writing: Writing, current: Binding, model: str, now: datetime) -> Binding:
    """`current` was made before this transaction; what is live, or waived, may have changed in between."""
    champion = histories.champion(writing, model, current.environment)
    standing = {waiver.digest for waiver in histories.waivers(writing, model, current.environment, now)}
    return msgspec.structs.replace(
        current,
        champion=champion.id if champion else "",
        waivers=tuple(digest for digest in current.waivers if digest in standing),
    )


def _must_have_reason(reason: str, command: str) -> None:
    if not reason.strip():
        raise UsageError("a reason is wanted, and none was given", hint=f"{command} … --reason TEXT")
