"""`ona hook`: release on push."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ona_pipeline.cli import output

app = typer.Typer(
    help="Release a model when a commit with it is pushed.", rich_markup_mode=None, no_args_is_help=True
)

INSTALL_EXAMPLES = """Examples:

\b
  ona hook install --repository /srv/git/models.git
"""


RUN_EXAMPLES = """Examples:

\b
  echo "$OLD $NEW refs/heads/main" | ona hook run      as git calls it, in the repository
"""


@app.command(epilog=INSTALL_EXAMPLES)
def install(
    repository: Annotated[
        Path,
        typer.Option(
            "--repository", metavar="PATH", help="A bare repository; default: here.", show_default=False
        ),
    ] = Path(),
) -> None:
    """Write a post-receive hook that releases what a push changes."""
    from ona_pipeline.source import hook

    written = hook.install(repository, command=str(Path(sys.argv[0]).absolute()))
    output.line(str(written))


@app.command(epilog=RUN_EXAMPLES)
def run() -> None:
    """Release what was pushed; git's post-receive hook calls this."""
    from ona_pipeline.cli.pushed import release_pushed

    release_pushed(sys.stdin.read().splitlines())
