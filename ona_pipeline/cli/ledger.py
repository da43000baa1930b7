"""`ona ledger`: check that the record is what was written, and take it along."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ona_pipeline.cli import options, output
from ona_pipeline.cli import start as starting
from ona_pipeline.errors import BackendError, RefusedError, UsageError

if TYPE_CHECKING:
    from ona_pipeline.auditing import Audited
    from ona_pipeline.ledger.interface import Reading
    from ona_pipeline.project import Project

EXAMPLES = """Examples:

\b
  ona ledger verify                                    is all of it what was written?
  ona ledger export --out ledger.jsonl                 take it along
"""
app = typer.Typer(
    help="Check the record of what happened, and take it along.",
    epilog=EXAMPLES,
    rich_markup_mode=None,
    no_args_is_help=True,
)

VERIFY_EXAMPLES = """Examples:

\b
  ona ledger verify                                    the ledger of this repository
  ona ledger verify --file ledger.jsonl                an export, on any machine
  ona ledger verify --checkpoint noted.json            against an end that was noted earlier

Exit codes: 0 it is what was written, 3 it is not, 4 it could not be read.
"""

EXPORT_EXAMPLES = """Examples:

\b
  ona ledger export --out ledger.jsonl
  ona ledger export | gzip > ledger.jsonl.gz
"""


CHECKPOINT_EXAMPLES = """Examples:

\b
  ona ledger checkpoint
  ona ledger checkpoint > noted.json                   to be kept elsewhere
"""


@app.command(epilog=VERIFY_EXAMPLES)
def verify(
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="An export, instead of the ledger.", show_default=False),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            "--checkpoint",
            metavar="FILE",
            help="An end of it that was noted earlier; its signature is in FILE.sig.",
            show_default=False,
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Check that nothing was changed, and that what went out was approved."""
    from ona_pipeline import auditing

    notes = auditing.notes(_project(file), checkpoint)
    audited = (
        auditing.of_file(file, notes=notes) if file else auditing.of_ledger(starting.ledger(), notes=notes)
    )
    if json:
        output.json(audited)
    else:
        _show(audited)
    if not audited.is_whole:
        raise RefusedError(
            f"{audited.subject} is not what was written: {len(audited.refusals)} findings",
            hint="put a copy of the ledger back, and ask who could write to it",
        )


@app.command(epilog=EXPORT_EXAMPLES)
def export(
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where to; default: standard output.", show_default=False),
    ] = None,
) -> None:
    """Write events and evidence as JSON Lines that any program can verify."""
    from ona_pipeline.ledger.export import lines

    with starting.ledger().reading() as reading:
        if out:
            _write(out, reading)
        else:
            sys.stdout.buffer.writelines(lines(reading))


@app.command(epilog=CHECKPOINT_EXAMPLES)
def checkpoint() -> None:
    """Note the end of the ledger in the repository, and print it."""
    noted = starting.start().checkpoints.note()
    if noted is None:
        output.note("the ledger is empty: there is nothing to note")
    else:
        output.json(noted)


def _project(file: Path | None) -> "Project | None":
    """The repository that this was started in; an export can be looked at without one."""
    from ona_pipeline import project

    try:
        return project.here()
    except UsageError:
        if file is None:
            raise
        return None


def _show(audited: "Audited") -> None:
    output.line(f"{audited.subject}: {audited.events} events, {audited.evidence} pieces of evidence")
    output.line(f"it ends with event {audited.head.sequence}, {audited.head.digest}")
    signed = f", the newest signed one by {audited.signed_by}" if audited.signed_by else ""
    output.line(f"compared with {audited.checkpoints} checkpoints{signed}")
    output.table(
        ("finding", "about", "what was wanted and found"),
        ((finding.code, finding.subject, finding.sentence) for finding in audited.findings),
    )


def _write(out: Path, reading: "Reading") -> None:
    """Under another name first: a file of the right name is a whole export."""
    from ona_pipeline.ledger.export import lines

    part = out.with_name(f"{out.name}.part")
    try:
        try:
            with part.open("wb") as file:
                file.writelines(lines(reading))
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise BackendError(
            f"{out} cannot be written: {error.strerror}", hint="nothing was written; choose another place"
        ) from error
