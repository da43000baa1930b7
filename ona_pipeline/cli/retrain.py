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
  ona retrain digits --anew         although nothing of the model has changed since
"""


def run(
    model: options.Model,
    rev: Annotated[str, typer.Option("--rev", metavar="REV", help="Git revision to train at.")] = "",
    to: Annotated[str, typer.Option("--to", metavar="ENV", help="Last environment; default: the last.")] = "",
    anew: Annotated[bool, typer.Option("--anew", help="Although nothing of it has changed since.")] = False,
    json: options.Json = False,
) -> None:
    """Train a changed model, register it, and release the version."""
    from ona_pipeline import queries
    from ona_pipeline.pipeline import ReleaseRequest

    ona = start(via="job")
    trainings = ona.parts.trainings
    known = "" if anew else trainings.already(model, rev)
    if known:
        output.note(f"nothing of {model} has changed since {known} was trained: it is not trained again")
        if release := queries.release_of(ona.ledger, model, known):
            render(ona.journey.resume(release), as_json=json)
            return
    else:
        trained = trainings.train(model, rev)
        known = trained.reference
        output.note(f"registered {known}, model {trained.model_digest.short}")
    upto = to or ona.last_environment()
    request = ReleaseRequest(model=model, revision=known, upto=upto, note="retrained")
    render(ona.journey.begin(request), as_json=json)
