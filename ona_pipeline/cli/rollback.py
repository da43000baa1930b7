"""`ona rollback`: back, in one command."""

from typing import Annotated

import typer

from ona_pipeline.cli import options
from ona_pipeline.cli.outcome import render
from ona_pipeline.cli.start import start
from ona_pipeline.errors import UsageError

EXAMPLES = """Examples:

\b
  ona rollback digits --env production --reason "recall fell in the field"
  ona rollback digits --env production --to digits-20261103-p2m8wd --reason "last good one"
"""


def run(
    model: options.Model,
    env: options.Environment,
    reason: options.Reason = "",
    to: Annotated[str, typer.Option("--to", metavar="RELEASE", help="Default: what served before.")] = "",
    json: options.Json = False,
) -> None:
    """Let an earlier release serve again, and hold the environment."""
    from ona_pipeline.journey import Outcome

    if not reason:
        raise UsageError("a rollback needs a reason", hint="--reason TEXT")
    ona = start()
    restored = ona.promotions.roll_back(model, env, to=to, reason=reason)
    render(Outcome(ona.find(restored.release), (restored,)), as_json=json)
