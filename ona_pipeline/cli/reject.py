"""`ona reject`: no."""

import sys

from ona_pipeline.cli import options
from ona_pipeline.cli.decision import waiting, why
from ona_pipeline.cli.outcome import render
from ona_pipeline.cli.screen import show
from ona_pipeline.cli.start import start
from ona_pipeline.errors import UsageError

EXAMPLES = """Examples:

\b
  ona reject --reason "recall of class 8 fell"
  ona reject digits-20261123-k7f3qa --to production --reason "wait for the new data"
"""


def run(
    release: options.MaybeRelease = "",
    to: options.To = "",
    reason: options.Reason = "",
    json: options.Json = False,
) -> None:
    """Reject a release for an environment."""
    from ona_pipeline.journey import Outcome
    from ona_pipeline.records.promotion import PromotionPhase

    ona = start()
    promotion = waiting(ona, release, to)
    if not reason and sys.stdin.isatty():
        if promotion.phase is PromotionPhase.AWAITING:
            show(ona.review(promotion))
        reason = why(promotion)
    if not reason:
        raise UsageError("a rejection needs a reason", hint="--reason TEXT")
    rejected = ona.promotions.reject(promotion, reason=reason)
    render(Outcome(ona.find(promotion.release), (rejected,)), as_json=json)
