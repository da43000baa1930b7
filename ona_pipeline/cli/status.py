"""`ona status`: what is served where, and what waits for whom."""

from typing import TYPE_CHECKING

from ona_pipeline.cli import options, output
from ona_pipeline.cli.start import ledger

if TYPE_CHECKING:
    from ona_pipeline.queries import Place
    from ona_pipeline.records.promotion import Promotion

EXAMPLES = """Examples:

\b
  ona status
  ona status --json
"""


def run(json: options.Json = False) -> None:
    """Show what is served where, and what waits for whom."""
    from ona_pipeline import queries

    status = queries.status(ledger())
    if json:
        output.json(status)
        return
    rows = [(p.model, p.environment, p.serving or "nothing", _since(p), p.by, p.hold) for p in status.places]
    output.table(("model", "environment", "serving", "since", "by", "on hold"), rows)
    for promotion in status.waiting:
        output.line(
            f"{promotion.phase}: {promotion.release} --to {promotion.environment}, {_next(promotion)}"
        )
    for release in status.unfinished:
        error = f" ({release.error})" if release.error else ""
        output.line(
            f"unfinished: {release.id} at {release.stage or 'the start'}{error}, ona resume {release.id}"
        )
    if not rows and not status.unfinished and not status.waiting:
        output.note("nothing was released yet; start with: ona release MODEL")


def _since(place: "Place") -> str:
    return f"{place.since:%Y-%m-%d %H:%M:%S}" if place.since else ""


def _next(promotion: "Promotion") -> str:
    from ona_pipeline.records.promotion import PromotionPhase

    if promotion.phase is PromotionPhase.AWAITING:
        return f"asked by {promotion.by.name}, until {promotion.expires}"
    return f"ona resume {promotion.release}{f' ({promotion.error})' if promotion.error else ''}"
