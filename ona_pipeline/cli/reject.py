"""`ona reject`: no."""

import sys

import typer

from ona_pipeline.cli import options
from ona_pipeline.cli.decision import interruptible, waiting
from ona_pipeline.cli.outcome import render
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

    ona = start()
    promotion = waiting(ona, release, to)
    if not reason and sys.stdin.isatty():
        with interruptible():
            reason = typer.prompt(f"why is {promotion.release} rejected?", err=True)
    if not reason:
        raise UsageError("a rejection needs a reason", hint="--reason TEXT")
    rejected = ona.promotions.reject(promotion, reason=reason)
    render(Outcome(ona.find(promotion.release), (rejected,)), as_json=json)
