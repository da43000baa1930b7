"""`ona retrain`: train, register, release, with nobody at the keyboard."""

from typing import Annotated

import typer

from ona_pipeline.cli import options, output
from ona_pipeline.cli.outcome import render
from ona_pipeline.cli.start import start

EXAMPLES = """Examples:

\b
  ona retrain digits                what the CronJob calls
  ona retrain digits --to staging
"""


def run(
    model: options.Model,
    rev: Annotated[str, typer.Option("--rev", metavar="REV", help="Git revision to train at.")] = "",
    to: Annotated[str, typer.Option("--to", metavar="ENV", help="Last environment; default: the last.")] = "",
    json: options.Json = False,
) -> None:
    """Train a model anew, register it, and release the version."""
    from ona_pipeline.pipeline import ReleaseRequest

    ona = start(via="job")
    trained = ona.parts.trainings.train(model, rev)
    output.note(f"registered {trained.reference}, model {trained.model_digest.short}")
    request = ReleaseRequest(
        model=model,
        revision=trained.reference,
        upto=to or ona.last_environment(),
        note="retrained",
    )
    outcome = ona.journey.begin(request)
    render(outcome, as_json=json)
