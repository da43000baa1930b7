"""`ona history`: what was served when, and by whose word."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from ona_pipeline.cli import options, output
from ona_pipeline.cli.start import ledger

EXAMPLES = """Examples:

\b
  ona history digits
  ona history --env production
  ona history digits --env production --at 2026-03-03T12:00
"""


def run(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Only this model.")] = "",
    env: Annotated[str, typer.Option("--env", metavar="ENV", help="Only this environment.")] = "",
    at: Annotated[
        datetime | None,
        typer.Option(
            "--at",
            metavar="TIME",
            help="What was served then, UTC.",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Show what was served when, and by whose word."""
    from ona_pipeline import queries

    then = at.replace(tzinfo=UTC) if at else None
    spans = queries.history(ledger(), model=model, environment=env, at=then)
    if json:
        output.json(spans)
        return
    rows = [
        (
            f"{s.since:%Y-%m-%d %H:%M:%S}",
            f"{s.until:%Y-%m-%d %H:%M:%S}" if s.until else "now",
            s.environment,
            s.release,
            s.by,
            s.reason,
        )
        for s in spans
    ]
    output.table(("from", "until", "environment", "release", "by", "reason"), rows)
    if not rows:
        output.note("nothing was served")
