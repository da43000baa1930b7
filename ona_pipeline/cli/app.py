"""The program `ona`: its commands, and the boundary where errors become sentences and exit codes."""

import errno
import sys

import typer

from ona_pipeline.cli import (
    adopt,
    approve,
    history,
    hold,
    hook,
    ledger,
    output,
    promote,
    reject,
    release,
    resume,
    retention,
    retrain,
    rollback,
    show,
    status,
    validate,
    verify,
    waive,
    withdraw,
)
from ona_pipeline.cli.start import ENDING
from ona_pipeline.errors import BackendError, OnaError

EPILOG = """Examples:

\b
  ona release digits                           the whole road, as far as it goes unasked
  ona status                                   what is served where, what waits for whom
  ona approve                                  what would change, then the question
  ona rollback digits --env production --reason "recall fell"

Exit codes: 0 done or awaiting approval, 2 usage, 3 refused, 4 something outside failed, 130 interrupted.
"""

app = typer.Typer(
    name="ona",
    help="Release models: verified, validated, built, approved, rolled out.",
    epilog=EPILOG,
    context_settings={"max_content_width": 100},
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (
    release,
    verify,
    validate,
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
    adopt,
    retention,
):
    app.command(command.__name__.rpartition(".")[2], epilog=command.EXAMPLES)(command.run)
app.command("hold", epilog=hold.EXAMPLES)(hold.hold)
app.command("unhold", epilog=hold.EXAMPLES)(hold.unhold)
app.command("waive", epilog=waive.EXAMPLES)(waive.waive)
app.command("unwaive", epilog=waive.EXAMPLES)(waive.unwaive)
app.add_typer(hook.app, name="hook")
app.add_typer(ledger.app, name="ledger")

INTERRUPTED = 130
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS})
_DISK_HINT = "make room where the message says, or in the folder for temporary files; then: ona resume --all"
# Refused is not errored, from the first word on.
_WORDS = {3: "refused", 4: "errored"}


def main() -> None:
    """Run the program and end the process with the exit code of what happened."""
    try:
        with ENDING:
            app()
    except OnaError as error:
        _say(error)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno not in _DISK:
            raise
        _say(BackendError(f"a disk of this machine is full or fails: {error}", hint=_DISK_HINT))
        sys.exit(BackendError.exit_code)
    except SystemExit as end:
        # Typer turns an interruption into this before it gets here.
        if end.code == INTERRUPTED:
            output.note("interrupted; ona resume goes on where it stopped")
        raise


def _say(error: OnaError) -> None:
    if "--json" in sys.argv:
        _tell(error)
    output.note(f"{_WORDS.get(error.exit_code, 'error')}: {error.message}")
    if error.hint:
        output.note(f"hint: {error.hint}")
    if isinstance(error, BackendError) and error.retryable:
        output.note("the same command may succeed later, with nothing changed")


def _tell(error: OnaError) -> None:
    """The same for a program, which reads standard output and gets one record in every case."""
    is_retryable = isinstance(error, BackendError) and error.retryable
    word = _WORDS.get(error.exit_code, "error")
    output.json({"verdict": word, "said": error.message, "hint": error.hint, "retryable": is_retryable})
