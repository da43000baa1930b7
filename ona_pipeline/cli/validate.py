"""`ona validate`: the quality gate alone, with what it needs before it."""

from typing import Annotated

import typer

from ona_pipeline.cli import options
from ona_pipeline.cli.judged import conclude, conclude_proof
from ona_pipeline.cli.start import gates, meant

EXAMPLES = """Examples:

\b
  ona validate digits                       the last commit, and nothing released
  ona validate digits --rev v1.4 --json     another revision, all evidence as JSON
  ona validate digits --prove               can these suites fail?
"""


def run(
    model: options.Model,
    rev: Annotated[str, typer.Option("--rev", metavar="REV", help="Git revision to judge.")] = "HEAD",
    prove: Annotated[
        bool, typer.Option("--prove", help="Try the suites on bad candidates that they must refuse.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Judge the quality of a model; release nothing."""
    name = meant(model, rev)
    if prove:
        conclude_proof(gates().prove(name, rev), as_json=json)
    else:
        conclude(gates().judge(name, rev), as_json=json)
