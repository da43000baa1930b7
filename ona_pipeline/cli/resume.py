"""`ona resume`: goes on with what a killed process left, forward or back, or an approval opened."""

from typing import Annotated

import typer

from ona_pipeline.cli import options, output
from ona_pipeline.cli.outcome import render
from ona_pipeline.cli.start import start
from ona_pipeline.errors import OnaError, UsageError

EXAMPLES = """Examples:

\b
  ona resume digits-20261123-k7f3qa
  ona resume --all      what any scheduled job may do
"""


def run(
    release: options.MaybeRelease = "",
    everything: Annotated[bool, typer.Option("--all", help="Whatever is unfinished.")] = False,
    json: options.Json = False,
) -> None:
    """Go on with what was interrupted, or waits for its rollout."""
    from ona_pipeline import queries
    from ona_pipeline.ledger.lease import BusyError

    if bool(release) == everything:
        raise UsageError("wanted one RELEASE or --all", hint="ona status lists what is unfinished")
    ona = start(via="job" if everything else "")
    ona.promotions.expire_due()
    if everything:
        ona.copies.point_again()
    failures: list[OnaError] = []
    for found in queries.resumable(ona.ledger) if everything else [ona.find(release)]:
        try:
            outcome = ona.journey.resume(found)
        except OnaError as error:
            # A job finds others at work every day; whoever named the release waits for this one.
            if not (everything and isinstance(error, BusyError)):
                failures.append(error)
            output.note(f"{found.id}: {error.message}")
        else:
            render(outcome, as_json=json)
    if failures:
        raise max(failures, key=lambda error: error.exit_code)
