"""`ona release`: the whole road, as far as it goes."""

import sys
from typing import Annotated

import typer

from ona_pipeline.cli import options
from ona_pipeline.cli.decision import offer
from ona_pipeline.cli.judged import conclude
from ona_pipeline.cli.outcome import render
from ona_pipeline.cli.start import gates, meant, start
from ona_pipeline.errors import UsageError

EXAMPLES = """Examples:

\b
  ona release digits                          the last commit, up to the last environment
  ona release digits --rev v1.4 --to staging  another revision, no further than staging
  ona release digits --from models:/digits/7  a version of the model registry
  ona release digits --dry-run --json         every gate, and nothing released
"""


def run(
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL", help="A folder of models/; may be left out where there is just one."),
    ] = "",
    rev: Annotated[str, typer.Option("--rev", metavar="REV", help="Git revision to release.")] = "HEAD",
    source: Annotated[
        str, typer.Option("--from", metavar="models:/NAME/VERSION", help="A version of the model registry.")
    ] = "",
    to: Annotated[str, typer.Option("--to", metavar="ENV", help="Last environment; default: the last.")] = "",
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="A word to the approver.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Run the gates; release nothing.")] = False,
    json: options.Json = False,
) -> None:
    """Take a model the whole road, as far as it goes unasked."""
    from ona_pipeline.journey import Outcome
    from ona_pipeline.pipeline import ReleaseRequest

    if source and rev != "HEAD":
        raise UsageError("--rev and --from name two versions", hint="give one of them")
    name = meant(model, rev)
    if dry_run:
        conclude(gates().judge(name, source or rev, environment=to), as_json=json)
        return
    ona = start()
    request = ReleaseRequest(
        model=name,
        revision=source or rev,
        upto=to or ona.last_environment(),
        note=note,
    )
    outcome = ona.journey.begin(request)
    if outcome.promotions and _can_ask(json=json):
        *earlier, last = outcome.promotions
        outcome = Outcome(outcome.release, (*earlier, offer(ona, last)))
    render(outcome, as_json=json)


def _can_ask(*, json: bool) -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and not json
