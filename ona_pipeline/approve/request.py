"""Opens the promotion of a published release to one environment."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from ona_pipeline.approve.standing import is_due
from ona_pipeline.errors import RefusedError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger, Writing
from ona_pipeline.policy import EnvironmentPolicy, duration
from ona_pipeline.records.actor import POLICY, Actor
from ona_pipeline.records.binding import Binding
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.promotion_facts import (
    Approved,
    Expired,
    PromotionFact,
    PromotionRequested,
    Superseded,
)
from ona_pipeline.records.release import Release

AUTOMATION = frozenset({"hook", "job", "policy"})
_UNDECIDED_OR_UNUSED = {PromotionPhase.AWAITING, PromotionPhase.APPROVED}


class PromotionInput(msgspec.Struct, frozen=True, kw_only=True):
    """What is to go where, and who asks.

    Attributes:
        release: published.
        binding: everything that the decision will cover.
        policy: of the environment.
        actor: who asks.
        requester: in whose name, where that is somebody else; None where it is not.
        reopened: whether an earlier request was void; then a person decides, whatever the policy says.
    """

    release: Release
    binding: Binding
    policy: EnvironmentPolicy
    actor: Actor
    requester: Actor | None = None
    reopened: bool = False


def request_promotion(request: PromotionInput, *, ledger: Ledger, clock: Callable[[], datetime]) -> Promotion:
    """Open the promotion, or find the one that is open, or live, for the same binding.

    Older requests and unused approvals for the same environment are superseded in the same transaction;
    a promotion that is rolling out is left alone. An automatic policy approves it at once, unless
    a verdict of the release is inconclusive or the environment is on hold.

    Args:
        request: what is to go where.
        ledger: where facts are kept.
        clock: the time now, aware UTC.

    Raises:
        RefusedError: the environment is on hold, and no person is asking.
    """
    with ledger.writing() as writing:
        held = _hold(writing, request)
        known = histories.promotions(writing, request.release.model, request.binding.environment)
        standing = _standing(known, request, clock())
        if standing:
            return standing
        return _opened(writing, request, known, clock(), held=held)


def _hold(writing: Writing, request: PromotionInput) -> bool:
    model, environment = request.release.model, request.binding.environment
    reason = histories.hold(writing, model, environment)
    if reason is not None and request.actor.via in AUTOMATION:
        raise RefusedError(
            f"{model} in {environment} is on hold: {reason}",
            hint=f"a person lifts it: ona unhold {model} --env {environment} --reason TEXT",
        )
    return reason is not None


def _standing(known: list[Promotion], request: PromotionInput, now: datetime) -> Promotion | None:
    for promotion in reversed(known):
        changes = promotion.binding.changes(request.binding)
        is_current = promotion.phase.is_open and not is_due(promotion, now)
        if is_current and not changes:
            return promotion
        if promotion.phase is PromotionPhase.LIVE and _is_itself(promotion, request.binding):
            return promotion
    return None


def _is_itself(live: Promotion, binding: Binding) -> bool:
    """Whether the binding differs from what is live only by what it replaces: that very one, untouched."""
    bound = live.binding
    as_bound = msgspec.structs.replace(binding, champion=bound.champion, serving=bound.serving)
    return binding.champion == live.id and not binding.serving and not bound.changes(as_bound)


def _opened(
    writing: Writing, request: PromotionInput, known: list[Promotion], now: datetime, *, held: bool
) -> Promotion:
    binding, model = request.binding, request.release.model
    number = sum(promotion.release == binding.release for promotion in known) + 1
    promotion_id = f"{binding.release}.{binding.environment}.{number}"
    for older in known:
        if older.phase in _UNDECIDED_OR_UNUSED:
            fact: PromotionFact = Expired() if is_due(older, now) else Superseded(promotion_id)
            writing.append(fact, model=model, subject=older.id, actor=request.actor)
    expires_at = now + duration(request.policy.expires_after)
    writing.keep(encode(request.policy))
    asked = PromotionRequested(model, binding, expires_at, request.requester, request.policy.quorum)
    writing.append(asked, model=model, subject=promotion_id, actor=request.actor)
    if not held and _goes_unasked(request):
        yes = Approved(binding.digest, reason="the environment's policy is automatic")
        writing.append(yes, model=model, subject=promotion_id, actor=POLICY)
    return histories.promotion(writing, promotion_id)


def _goes_unasked(request: PromotionInput) -> bool:
    doubtful = Verdict.INCONCLUSIVE in request.release.verdicts.values()
    is_as_known = not (request.binding.tag or request.binding.serving or request.reopened)
    return request.policy.approval == "automatic" and not doubtful and is_as_known
