"""`ona validate`: the quality gate alone, with what it needs before it."""

from typing import Annotated

import typer

from ona_pipeline.cli import options
from ona_pipeline.cli.judged import conclude
from ona_pipeline.cli.start import gates, meant

EXAMPLES = """Examples:

\b
  ona validate digits                       the last commit, and nothing released
  ona validate digits --rev v1.4 --json     another revision, all evidence as JSON
"""


def run(
    model: options.Model,
    rev: Annotated[str, typer.Option("--rev", metavar="REV", help="Git revision to judge.")] = "HEAD",
    json: options.Json = False,
) -> None:
    """Judge the quality of a model; release nothing."""
    conclude(gates().judge(meant(model, rev), rev), as_json=json)
