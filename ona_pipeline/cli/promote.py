"""`ona promote`: carries the same digest onward; nothing is rebuilt."""

import sys
from typing import Annotated

import typer

from ona_pipeline.cli import options
from ona_pipeline.cli.decision import offer
from ona_pipeline.cli.outcome import render
from ona_pipeline.cli.start import start

EXAMPLES = """Examples:

\b
  ona promote digits-20261123-k7f3qa --to production
"""


def run(
    release: options.ReleaseId,
    to: Annotated[str, typer.Option("--to", metavar="ENV", help="The environment to go to.")],
    json: options.Json = False,
) -> None:
    """Promote a published release to an environment."""
    from ona_pipeline.journey import Outcome

    ona = start()
    found = ona.find(release)
    promotion = ona.promotions.promote(found, to)
    if sys.stdin.isatty() and sys.stdout.isatty() and not json:
        promotion = offer(ona, promotion)
    render(Outcome(found, (promotion,)), as_json=json)
