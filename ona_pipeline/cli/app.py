"""The program `ona`: its commands, and the boundary where errors become sentences and exit codes."""

import sys

import typer

from ona_pipeline.cli import (
    approve,
    history,
    hold,
    hook,
    promote,
    reject,
    release,
    resume,
    retrain,
    rollback,
    show,
    status,
    withdraw,
)
from ona_pipeline.errors import OnaError

app = typer.Typer(
    name="ona",
    help="Release a model: verified, validated, built, approved by a person, rolled out.",
    epilog="Exit codes: 0 done or awaiting approval, 2 usage, 3 refused, 4 something outside failed,"
    " 130 interrupted.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (
    release,
    promote,
    approve,
    reject,
    withdraw,
    status,
    show,
    history,
    rollback,
    resume,
    retrain,
):
    app.command(command.__name__.rpartition(".")[2], epilog=command.EXAMPLES)(command.run)
app.command("hold", epilog=hold.EXAMPLES)(hold.hold)
app.command("unhold", epilog=hold.EXAMPLES)(hold.unhold)
app.add_typer(hook.app, name="hook")

INTERRUPTED = 130


def main() -> None:
    """Run the program and end the process with the exit code of what happened."""
    try:
        app()
    except OnaError as error:
        print(f"error: {error.message}", file=sys.stderr)  # noqa: T201 -- the boundary writes plain text
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted; ona resume goes on where it stopped", file=sys.stderr)  # noqa: T201
        sys.exit(INTERRUPTED)
