"""Joins a command to the project that it was started in."""

from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ona_pipeline.judging import Gates
    from ona_pipeline.ledger.interface import Ledger
    from ona_pipeline.ona import Ona

ENDING = ExitStack()
"""What is done when the program ends, however it ends."""


def start(*, via: str = "") -> "Ona":
    """Everything that a command may call, in the name of whoever started it.

    Args:
        via: how it was started, for the ledger; empty means: at a terminal, or by a command without one.
    """
    from ona_pipeline import project
    from ona_pipeline.cli import identity, progress
    from ona_pipeline.cli.temporary import own_folder
    from ona_pipeline.ona import open_project

    ENDING.enter_context(own_folder())
    here = project.here()
    ona = open_project(here, actor=identity.actor(here.folder, via=via), watcher=progress.watcher())
    ENDING.callback(ona.copies.catch_up)
    ENDING.push(lambda _kind, error, _trace: note_decisions(ona, error))
    return ona


def note_decisions(ona: "Ona", ended_with: BaseException | None) -> None:
    """Note the end of the ledger in the repository where something was decided; nothing depends on it.

    Args:
        ona: the project.
        ended_with: what the command failed with, which need not be said twice; None where it did not.
    """
    from ona_pipeline.cli import output
    from ona_pipeline.errors import OnaError

    try:
        ona.checkpoints.note_decisions()
    except OnaError as error:
        if not isinstance(ended_with, OnaError) or ended_with.message != error.message:
            output.note(f"warning: no checkpoint of the ledger was noted: {error.message}")
            output.note(f"hint: {error.hint or 'ona ledger checkpoint'}")


def meant(model: str, revision: str) -> str:
    """The model that is meant, the only one where none is named; says what of it is not committed."""
    from ona_pipeline import project
    from ona_pipeline.cli import output

    here = project.here()
    name = model or here.only_model(revision)
    if said := here.uncommitted(name):
        output.note(said)
    return name


def gates(*, docs: "Path | None" = None) -> "Gates":
    """The gates alone, for commands that judge and release nothing; `docs` is a folder for Data Docs."""
    from ona_pipeline import project
    from ona_pipeline.cli import progress
    from ona_pipeline.cli.temporary import own_folder
    from ona_pipeline.ona import open_gates

    ENDING.enter_context(own_folder())
    return open_gates(project.here(), watcher=progress.watcher(), docs=docs)


def ledger() -> "Ledger":
    """The ledger alone, for commands that only look: stages and clients take a while to import."""
    from datetime import UTC, datetime

    from ona_pipeline import project
    from ona_pipeline.ledger.sql import open_ledger

    return open_ledger(project.here().ledger_url, clock=lambda: datetime.now(UTC))
