"""What every history is replayed from."""

from datetime import datetime
from typing import Protocol

from ona_pipeline.errors import RefusedError
from ona_pipeline.records.actor import Actor


class Dated(Protocol):
    """What a replay needs of an event."""

    @property
    def sequence(self) -> int:
        """Its place in the ledger."""
        ...

    @property
    def at(self) -> datetime:
        """When it was written, UTC."""
        ...

    @property
    def actor(self) -> Actor:
        """Who did it."""
        ...

    @property
    def fact(self) -> object:
        """What happened."""
        ...


class TransitionError(RefusedError):
    """A fact was to be written that the table does not have from the present phase.

    Seldom a bug: of two processes at work on the same release, the slower one is told so.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, hint="another process may have gone on with it: ona status")
