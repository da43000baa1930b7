"""`ona approve`: one screen with what would change, then the question."""

import sys

from ona_pipeline.cli import options, output
from ona_pipeline.cli.decision import ask, waiting
from ona_pipeline.cli.outcome import render
from ona_pipeline.cli.start import start
from ona_pipeline.errors import UsageError

EXAMPLES = """Examples:

\b
  ona approve                                            the one request that is waiting
  ona approve digits-20261123-k7f3qa                     this one
  ona approve digits-2026 --yes --reason "seen with QA"  without a terminal
  ona approve --json                                     what would change, decided by nobody
"""


def run(
    release: options.MaybeRelease = "",
    to: options.To = "",
    yes: options.Yes = False,
    reason: options.Reason = "",
    json: options.Json = False,
) -> None:
    """Approve a release for an environment, and roll it out."""
    from ona_pipeline.journey import Outcome

    ona = start()
    promotion = waiting(ona, release, to)
    if yes and not reason:
        raise UsageError("--yes needs --reason TEXT", hint='for example: --yes --reason "seen with the team"')
    if json and not yes:
        output.json(ona.review(promotion))
        return
    if yes:
        promotion = ona.promotions.approve(promotion, reason=reason)
    elif promotion.phase.is_open and not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask at", hint="say it whole: --yes --reason TEXT")
    else:
        promotion = ask(ona, promotion) if promotion.phase.is_open else ona.promotions.approve(promotion)
    render(Outcome(ona.find(promotion.release), (promotion,)), as_json=json)
