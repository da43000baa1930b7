"""What a command that moves a release says at its end."""

from typing import TYPE_CHECKING

from ona_pipeline.cli import output

if TYPE_CHECKING:
    from ona_pipeline.journey import Outcome


def render(outcome: "Outcome", *, as_json: bool) -> None:
    """The answer: one line for the release, one for each promotion, and what to type next."""
    from ona_pipeline.records.promotion import PromotionPhase

    if as_json:
        output.json(outcome)
        return
    output.line(f"{outcome.release.id}  {outcome.release.phase}")
    for promotion in outcome.promotions:
        output.line(f"{promotion.environment}  {promotion.phase}  {promotion.binding.image}")
    for promotion in outcome.promotions:
        if promotion.is_in_line:
            output.note(f"{promotion.id} is in line {promotion.reason}; ona resume asks once it is its turn")
        if promotion.phase is PromotionPhase.AWAITING:
            if promotion.said_yes:
                output.note(promotion.said_yes)
            command = f"ona approve {promotion.release} --to {promotion.environment}"
            output.note(f"next, by {promotion.expires}: {command}")
