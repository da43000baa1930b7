"""Promotions as a ledger would replay them, without a ledger."""

from datetime import UTC, datetime, timedelta

from ona_pipeline.records.actor import Actor
from ona_pipeline.records.binding import Binding
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.promotion_facts import Approved, PromotionRequested
from ona_pipeline.rollout.interface import Change, Target

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SOME = Digest.of(b"something")


def approved(change: Change, target: Target, *, of: Digest | None = None) -> Promotion:
    """A promotion of `change` to `target`, approved; or with an approval `of` something else."""
    binding = Binding(
        release=change.release,
        environment=change.environment,
        target=target.name,
        image=change.image,
        model=SOME,
        form=SOME,
        objects=target.objects(change),
        policy=SOME,
        evidence={},
        champion="",
    )
    return Promotion(
        id=f"{change.release}.{change.environment}.1",
        phase=PromotionPhase.ROLLING_OUT,
        requested=PromotionRequested(change.model, binding, AT + timedelta(days=7)),
        by=Actor("releaser"),
        at=AT,
        decision=Approved(of or binding.digest),
        decided_by=Actor("approver"),
        decided_at=AT,
        changed_at=AT,
    )
