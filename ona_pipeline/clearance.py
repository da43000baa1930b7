"""Whether a rollout may begin, or go on: asked in the very transaction that writes that it does."""

from ona_pipeline.approve.line import leaves
from ona_pipeline.approve.standing import too_late
from ona_pipeline.errors import RefusedError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Writing
from ona_pipeline.records.promotion import Promotion, PromotionPhase


def cleared(writing: Writing, promotion: Promotion, place: str) -> Promotion | None:
    """The champion that `promotion` replaces; None where nothing is served yet.

    Args:
        writing: the transaction in which the rollout begins.
        promotion: as it was when its process decided to roll it out.
        place: what its target is, by whatever name.

    Raises:
        RefusedError: another process went on with it, the environment is on hold, something else is on its
            way to the target, or something else is served than it was to replace.
    """
    found = histories.promotion(writing, promotion.id)
    if found.phase is not promotion.phase:
        raise too_late(writing, found)
    _must_not_be_held(writing, promotion)
    model = promotion.model
    others = [*histories.served(writing, model), *histories.open_promotions(writing, model)]
    _must_be_alone(promotion, place, others)
    champion = histories.champion(writing, model, promotion.environment)
    _must_replace(promotion, champion)
    return champion


def _must_not_be_held(writing: Writing, promotion: Promotion) -> None:
    """A rollout that was begun goes on under a hold, unless somebody wants it rolled back."""
    held = histories.hold(writing, promotion.model, promotion.environment)
    wanted = histories.unfinished_rollback(writing, promotion.model, promotion.environment)
    goes_on = promotion.phase is PromotionPhase.ROLLING_OUT and not wanted
    if held is not None and not goes_on:
        raise RefusedError(
            f"{promotion.model} in {promotion.environment} is on hold: {held}",
            hint=f"ona unhold {promotion.model} --env {promotion.environment} --reason TEXT;"
            f" then: ona resume {promotion.release}",
        )


def _must_be_alone(promotion: Promotion, place: str, others: list[Promotion]) -> None:
    """Nothing else is on its way to the same target, and no other environment has its champion there.

    Raises:
        RefusedError: the target is busy, or another environment's.
    """
    target = promotion.binding.target
    for other in others:
        is_on_its_way = other.phase is PromotionPhase.ROLLING_OUT and other.id != promotion.id
        is_on_its_way = is_on_its_way and not leaves(other, promotion)
        is_elsewhere = other.environment != promotion.environment
        is_there = place == other.place or target == other.binding.target
        if is_on_its_way and (is_there or not is_elsewhere):
            raise RefusedError(
                f"{target} is busy: {other.id} was begun, and its process is gone",
                hint=f"ona resume {other.release} ends it",
            )
        if other.phase is PromotionPhase.LIVE and is_elsewhere and is_there:
            raise RefusedError(
                f"{target} serves {other.environment} too, where {other.release} is live",
                hint=f"give {promotion.environment} a target of its own: [tool.ona.targets.NAME]",
            )


def _must_replace(promotion: Promotion, champion: Promotion | None) -> None:
    found = champion.id if champion else ""
    if promotion.binding.champion != found:
        wanted = promotion.binding.champion or "nothing"
        raise RefusedError(
            f"{promotion.id} was to replace {wanted}, and {found or 'nothing'} is served now",
            hint=f"ona resume {promotion.release} opens a new request",
        )
