"""`ona retention`: removes from the image registry what no release needs."""

from typing import TYPE_CHECKING, Annotated

import typer

from ona_pipeline.cli import options, output

if TYPE_CHECKING:
    from ona_pipeline.retention import Unneeded

EXAMPLES = """Examples:

\b
  ona retention --dry-run     what would go, and why
  ona retention               never what is served, waits, or can be rolled back to
"""


def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would go; remove nothing.")] = False,
    json: options.Json = False,
) -> None:
    """Remove images that no release needs."""
    from ona_pipeline import project
    from ona_pipeline.ona import open_retention

    retention = open_retention(project.here())
    gone: list[Unneeded] = []
    said = "would go" if dry_run else "removed"
    for one in retention.unneeded():
        if dry_run or retention.remove(one):
            gone.append(one)
            if not json:
                output.line(f"{said}  {one.kind:<7}  {one.image}  {_why(one)}")
    if json:
        output.json(gone)
    elif not gone:
        output.note("nothing may go")


def _why(one: "Unneeded") -> str:
    return f"{one.release}: {one.reason}" if one.release else one.reason
