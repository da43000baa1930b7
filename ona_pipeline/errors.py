"""Every error that ona raises on purpose, and the exit code it ends with.

Refused is not errored: a gate that looked and says no raises `RefusedError`;
whoever could not find out raises `BackendError`. Anything else is a bug.
"""

from typing import ClassVar


class OnaError(Exception):
    """Base of all errors that ona raises on purpose.

    Args:
        message: one sentence: the subject, what happened, what was wanted and found.
        hint: what to do about it, as a sentence; may be empty.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(OnaError):
    """What was asked for cannot be meant: an unknown name, a wrong option, a broken settings file."""

    exit_code = 2


class RefusedError(OnaError):
    """A gate, a person, a hold or the ledger's rules say no; a gate's evidence is in the ledger by then."""

    exit_code = 3


class BackendError(OnaError):
    """Something outside failed, so that no verdict was reached.

    Args:
        message: one sentence that names the backend and what it answered.
        hint: what to do about it.
        retryable: whether the same call may succeed later without anyone changing anything.
    """

    exit_code = 4

    def __init__(self, message: str, *, hint: str = "", retryable: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.retryable = retryable
