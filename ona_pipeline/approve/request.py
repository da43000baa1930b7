"""Opens the promotion of a published release to one environment."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from ona_pipeline.approve.line import ahead, is_superseded
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
    Deferred,
    Expired,
    PromotionFact,
    PromotionRequested,
    Superseded,
    Voided,
)
from ona_pipeline.records.release import Release


class PromotionInput(msgspec.Struct, frozen=True, kw_only=True):
    """What is to go where, and who asks.

    Attributes:
        release: published, with the validation that is bound.
        binding: everything that the decision will cover.
        policy: of the environment.
        actor: who asks.
        requester: in whose name, where that is somebody else; None where it is not.
        reopened: whether an earlier request was void; then a person decides, whatever the policy says.
        is_gone: whether the release is live by the ledger, and the target serves nothing.
    """

    release: Release
    binding: Binding
    policy: EnvironmentPolicy
    actor: Actor
    requester: Actor | None = None
    reopened: bool = False
    is_gone: bool = False

    @property
    def by(self) -> Actor:
        """In whose name."""
        return self.requester or self.actor

    @property
    def goes_unasked(self) -> bool:
        """Whether the policy says yes by itself: not to doubts, nor to what is not as it should be."""
        verdicts = self.release.verdicts.values()
        is_as_known = not (self.binding.tag or self.binding.serving or self.reopened)
        return self.policy.approval == "automatic" and Verdict.INCONCLUSIVE not in verdicts and is_as_known


def request_promotion(request: PromotionInput, *, ledger: Ledger, clock: Callable[[], datetime]) -> Promotion:
    """Open the promotion, or find the one that is open, or live, for the same binding.

    Older requests and unused approvals for the same environment are superseded in the same transaction; only
    what automation asks for waits in line behind what a person asked for or approved. An automatic policy
    approves it at once, unless a verdict is inconclusive or the environment is on hold.

    Args:
        request: what is to go where.
        ledger: where facts are kept.
        clock: the time now, aware UTC.

    Raises:
        RefusedError: the environment is on hold, and no person is asking.
    """
    with ledger.writing() as writing:
        held, now = _hold(writing, request), clock()
        place = request.release.model, request.binding.environment
        known = [*histories.served(writing, *place), *histories.open_promotions(writing, *place)]
        first = ahead(known, request.by, now, goes_unasked=request.goes_unasked)
        if standing := _standing(known, request, now, first):
            return standing
        opened = _opened(writing, request, known, now)
        if first:
            return _append(writing, opened, Deferred(first.id, first.word_of.name), request.actor)
        if request.goes_unasked and not held:
            yes = Approved(request.binding.digest, reason="the environment's policy is automatic")
            return _append(writing, opened, yes, POLICY)
        return opened


def request_refused(
    request: PromotionInput,
    refusals: tuple[str, ...],
    *,
    ledger: Ledger,
    clock: Callable[[], datetime],
) -> Promotion:
    """Write down that the promotion was asked for, and which gate that was asked anew refused it.

    Nothing else is superseded by it; what is written down already is not written again.
    """
    with ledger.writing() as writing:
        mine = histories.promotions_of(writing, request.release.id, request.binding.environment)
        if mine and mine[-1].phase is PromotionPhase.VOID and not mine[-1].binding.changes(request.binding):
            return mine[-1]
        opened = _opened(writing, request, mine, clock())
        return _append(writing, opened, Voided(refusals), request.actor)


def _hold(writing: Writing, request: PromotionInput) -> bool:
    model, environment = request.release.model, request.binding.environment
    reason = histories.hold(writing, model, environment)
    if reason is not None and not request.actor.is_person:
        raise RefusedError(
            f"{model} in {environment} is on hold: {reason}",
            hint=f"a person lifts it: ona unhold {model} --env {environment} --reason TEXT",
        )
    return reason is not None


def _standing(
    known: list[Promotion], request: PromotionInput, now: datetime, first: Promotion | None
) -> Promotion | None:
    for promotion in reversed(known):
        if promotion.phase is PromotionPhase.IN_LINE:
            if first and promotion.release == request.release.id:
                return promotion
            continue
        changes = promotion.binding.changes(request.binding)
        is_current = promotion.phase.is_open and not is_due(promotion, now)
        if is_current and not changes:
            return promotion
        is_there = promotion.phase is PromotionPhase.LIVE and not request.is_gone
        if is_there and _is_itself(promotion, request.binding):
            return promotion
    return None


def _is_itself(live: Promotion, binding: Binding) -> bool:
    """Whether the binding differs from what is live only by what it replaces: that very one, untouched."""
    bound = live.binding
    as_bound = msgspec.structs.replace(binding, champion=bound.champion, serving=bound.serving)
    return binding.champion == live.id and not binding.serving and not bound.changes(as_bound)


def _opened(writing: Writing, request: PromotionInput, known: list[Promotion], now: datetime) -> Promotion:
    number = len(histories.promotions_of(writing, request.release.id, request.binding.environment)) + 1
    for older in known:
        if is_due(older, now):
            _append(writing, older, Expired(), request.actor)
        elif is_superseded(older, request.by):
            _append(writing, older, Superseded(_name(request, number)), request.actor)
    writing.keep(encode(request.policy))
    model, quorum = request.release.model, request.policy.quorum
    expires_at = now + duration(request.policy.expires_after)
    asked = PromotionRequested(model, request.binding, expires_at, request.requester, quorum)
    writing.append(asked, model=model, subject=_name(request, number), actor=request.actor)
    return histories.promotion(writing, _name(request, number))


def _name(request: PromotionInput, number: int) -> str:
    return f"{request.release.id}.{request.binding.environment}.{number}"


def _append(writing: Writing, promotion: Promotion, fact: PromotionFact, actor: Actor) -> Promotion:
    writing.append(fact, model=promotion.model, subject=promotion.id, actor=actor)
    return histories.promotion(writing, promotion.id)
