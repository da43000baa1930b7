"""Every error of the drivers ends as a sentence of ours; the table says which is worth trying again."""

import sqlite3

import psycopg
import pytest
from sqlalchemy import exc

from ona_pipeline.errors import BackendError
from ona_pipeline.ledger.failures import POSTGRESQL, SQLITE, failures


def translated(error: Exception) -> BackendError:
    with pytest.raises(BackendError) as raised, failures("ledger.db"):
        raise error
    return raised.value


def in_sqlite(code: str) -> BackendError:
    cause = sqlite3.OperationalError("some words")
    cause.sqlite_errorname = code
    return translated(exc.OperationalError("SELECT", {}, cause))


def in_postgresql(state: str) -> BackendError:
    cause = psycopg.OperationalError("some words\nmore")
    cause.sqlstate = state
    return translated(exc.OperationalError("SELECT", {}, cause))


@pytest.mark.parametrize("code", SQLITE)
def test_each_code_of_sqlite_has_its_sentence(code: str) -> None:
    error = in_sqlite(f"{code}_SNAPSHOT" if code == "SQLITE_BUSY" else code)
    assert error.message == f"the ledger ledger.db {SQLITE[code].sentence}: some words"
    assert error.hint == SQLITE[code].hint
    assert error.retryable == SQLITE[code].retryable


@pytest.mark.parametrize("state", POSTGRESQL)
def test_each_state_of_postgresql_has_its_sentence(state: str) -> None:
    error = in_postgresql(state.ljust(5, "0"))
    assert error.message.startswith(f"the ledger ledger.db {POSTGRESQL[state].sentence}")
    assert error.retryable == POSTGRESQL[state].retryable


@pytest.mark.parametrize(
    ("words", "sentence", "retryable"),
    [
        ('FATAL: database "ona" does not exist', "is not there", False),
        ("FATAL: password authentication failed", "does not let this user in", False),
        ("connection refused", "cannot be reached", True),
    ],
)
def test_a_connection_that_never_came_about_is_told_by_its_words(
    words: str, sentence: str, retryable: bool
) -> None:
    error = translated(exc.OperationalError("", {}, psycopg.OperationalError(words)))
    assert sentence in error.message
    assert error.retryable is retryable


@pytest.mark.parametrize("kind", [exc.ArgumentError, exc.NoSuchTableError, exc.InvalidRequestError])
def test_whatever_else_sqlalchemy_raises_is_ours_too(kind: type[Exception]) -> None:
    assert not translated(kind("odd")).retryable


def test_a_bug_stays_a_bug() -> None:
    with pytest.raises(ZeroDivisionError), failures("ledger.db"):
        raise ZeroDivisionError
