"""Every error of SQLAlchemy and its drivers, as our own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ona_pipeline.errors import BackendError


class Failure(NamedTuple):
    """What one error of a database means.

    Attributes:
        sentence: what happened, after the name of the ledger.
        hint: what to do about it.
        retryable: whether the same call may succeed later without anyone changing anything.
    """

    sentence: str
    hint: str
    retryable: bool


_BUSY = Failure("is held by another process for longer than 10 s", "try again", retryable=True)
_READ_ONLY = Failure("cannot be written to", "check the rights on it, or set ledger.url", retryable=False)
_FULL = Failure("is on a full disk", "make room; nothing was written", retryable=False)
_DISK = Failure("meets a disk that is full or fails", "look at the disk, then: ona status", retryable=False)
_DAMAGED = Failure("is damaged", "put a copy of it back", retryable=False)
_NOT_A_LEDGER = Failure("is not a ledger", "set ledger.url to a ledger, or to a new file", retryable=False)
_NOT_THERE = Failure("cannot be opened", "check its folder and the rights on it", retryable=False)
_UNREACHABLE = Failure("cannot be reached", "check that the database runs, and ledger.url", retryable=True)
_NO_RIGHTS = Failure("does not let this user in", "check user and password in ledger.url", retryable=False)
_NO_DATABASE = Failure("is not there", "make the database, or set ledger.url", retryable=False)
_MAY_NOT = Failure("does not let this user do that", "GRANT the rights on its tables", retryable=False)
_PAUSED = Failure("ended a transaction in which nothing happened for 10 s", "try again", retryable=True)
_RACED = Failure("was written to at the same moment", "try again", retryable=True)
_OTHER = Failure("failed", "the database's own log may say more", retryable=False)

SQLITE = {
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_PERM": _READ_ONLY,
    "SQLITE_FULL": _FULL,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_IOERR": _DISK,
    "SQLITE_NOTADB": _NOT_A_LEDGER,
    "SQLITE_CANTOPEN": _NOT_THERE,
    "SQLITE_CONSTRAINT": _RACED,
}
"""By primary result code, https://www.sqlite.org/rescode.html."""

POSTGRESQL = {
    "08": _UNREACHABLE,
    "57P": _UNREACHABLE,
    "53300": _UNREACHABLE,
    "53100": _FULL,
    "55P03": _BUSY,
    "57014": _BUSY,
    "40": _RACED,
    "23": _RACED,
    "25P03": _PAUSED,
    "25006": _READ_ONLY,
    "28": _NO_RIGHTS,
    "3D": _NO_DATABASE,
    "42501": _MAY_NOT,
    "XX": _DAMAGED,
}
"""By SQLSTATE or its first characters, PostgreSQL documentation, appendix A."""

WORDS = {
    "password authentication failed": _NO_RIGHTS,
    "no password supplied": _NO_RIGHTS,
    "no pg_hba.conf entry": _NO_RIGHTS,
    'role "': _NO_RIGHTS,
    'database "': _NO_DATABASE,
    "Could not decode to UTF-8": _DAMAGED,
}
"""By the words where there is no code: a connection that never came about, text that is none."""


@contextmanager
def failures(subject: str) -> Iterator[None]:
    """Turn what SQLAlchemy raises into `BackendError`.

    Args:
        subject: the ledger, without its password.
    """
    try:
        yield
    except SQLAlchemyError as error:
        failure, cause = _failure(error), _cause(error)
        raise BackendError(
            f"the ledger {subject} {failure.sentence}: {cause}",
            hint=failure.hint,
            retryable=failure.retryable,
        ) from error


def is_gone(error: BaseException) -> bool:
    """Whether there is no connection to the database, or no more."""
    return isinstance(error, SQLAlchemyError) and _failure(error) is _UNREACHABLE


def _failure(error: SQLAlchemyError) -> Failure:
    if not isinstance(error, DBAPIError):
        return _OTHER
    if name := getattr(error.orig, "sqlite_errorname", None):
        return next((known for code, known in SQLITE.items() if name.startswith(code)), _OTHER)
    if state := getattr(error.orig, "sqlstate", None):
        return next((known for code, known in POSTGRESQL.items() if state.startswith(code)), _OTHER)
    if type(error.orig).__name__ != "OperationalError":
        return _OTHER
    return next((known for words, known in WORDS.items() if words in str(error.orig)), _UNREACHABLE)


def _cause(error: SQLAlchemyError) -> str:
    text = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return text.strip().partition("\n")[0]
