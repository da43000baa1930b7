"""`ona validate`: the quality gate alone, with what it needs before it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ona_pipeline.cli import options
from ona_pipeline.cli.judged import conclude, conclude_proof
from ona_pipeline.cli.start import gates, meant
from ona_pipeline.errors import UsageError

if TYPE_CHECKING:
    from ona_pipeline.records.evidence import ValidationEvidence

EXAMPLES = """Examples:

\b
  ona validate digits                       the last commit, and nothing released
  ona validate digits --rev v1.4 --json     another revision, all evidence as JSON
  ona validate digits --files found/        evidence, and plots of it, for people
  ona validate digits --prove               can these suites fail?
"""


def run(
    model: options.Model,
    rev: Annotated[str, typer.Option("--rev", metavar="REV", help="Git revision to judge.")] = "HEAD",
    prove: Annotated[
        bool, typer.Option("--prove", help="Try the suites on bad candidates that they must refuse.")
    ] = False,
    files: Annotated[
        Path | None, typer.Option("--files", metavar="DIR", help="Write evidence and plots to a folder.")
    ] = None,
    data_docs: Annotated[
        Path | None,
        typer.Option("--data-docs", metavar="DIR", help="Write Data Docs of suites to a folder."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Judge the quality of a model; release nothing."""
    name = meant(model, rev)
    if prove:
        conclude_proof(gates().prove(name, rev), as_json=json)
        return
    if data_docs:
        _make(data_docs)
    judged = gates(docs=data_docs).judge(name, rev)
    if files and "validate" in judged.evidence:
        _write(files, judged.evidence["validate"])
    conclude(judged, as_json=json)


def _write(folder: Path, evidence: "ValidationEvidence") -> None:
    from ona_pipeline import pictures

    _make(folder)
    for name, content in pictures.files(evidence).items():
        (folder / name).write_bytes(content)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        said = f"{folder} cannot be made: {error.strerror}"
        raise UsageError(said, hint="name another folder") from error
