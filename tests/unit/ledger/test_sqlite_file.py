import multiprocessing
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ona_pipeline.errors import BackendError, UsageError
from ona_pipeline.ledger import sqlite
from ona_pipeline.ledger.sql import SqlLedger, open_ledger
from tests.fakes.clock import FakeClock
from tests.fakes.releases import published

NOBODY = 65534


def at(path: Path) -> SqlLedger:
    return open_ledger(f"sqlite:///{path}", clock=FakeClock())


def read(path: Path) -> int:
    with at(path).reading() as reading:
        return len(reading.events())


def test_reading_makes_no_file(tmp_path: Path) -> None:
    assert read(tmp_path / "state" / "ledger.db") == 0
    assert list(tmp_path.iterdir()) == []


def test_writing_makes_the_folder_and_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "ona" / "ledger.db"
    published(at(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [found.name for found in path.parent.iterdir()] == ["ledger.db"]


def test_writes_ahead_and_to_the_disk(tmp_path: Path) -> None:
    ledger = at(tmp_path / "ledger.db")
    with ledger.writing() as writing:
        pragmas = [
            writing._connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout")
        ]
    assert pragmas == ["wal", 2, sqlite.BUSY_TIMEOUT_MS]


def test_an_empty_file_is_an_empty_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.touch()
    assert read(path) == 0
    published(at(path))
    assert read(path) == 12


def test_a_file_that_is_no_database_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_text("this is a letter, and no database at all" * 40)
    with pytest.raises(BackendError, match="is not a ledger") as refused:
        read(path)
    assert "set ledger.url" in refused.value.hint
    with pytest.raises(BackendError, match="is not a ledger"):
        published(at(path))


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE runs (id INTEGER)")
    other.close()
    with pytest.raises(BackendError, match="is a database, but not a ledger: it holds runs"):
        read(path)
    with pytest.raises(BackendError, match="not a ledger"):
        published(at(path))


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BackendError, match="cannot be made") as refused:
        published(at(tmp_path / "file" / "ledger.db"))
    assert not refused.value.retryable


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="cannot be opened"):
        read(tmp_path)


def test_a_second_writer_that_waits_too_long_is_told_to_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 50)
    ledger = at(tmp_path / "ledger.db")
    with (
        ledger.writing(),
        pytest.raises(BackendError, match="is held by another process") as refused,
        at(tmp_path / "ledger.db").writing(),
    ):
        pass
    assert refused.value.retryable


def as_nobody(path: Path, answers: Any) -> None:
    if os.getuid() == 0:
        os.setuid(NOBODY)
    answers.put(read(path))
    try:
        published(at(path), "digits-2")
    except BackendError as error:
        answers.put(error.message)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that everybody can get to, as pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.parametrize("folder", [0o555, 0o777])
def test_who_may_only_read_can_read_and_is_told_so_when_writing(shared: Path, folder: int) -> None:
    path = shared / "ledger.db"
    published(at(path))
    path.chmod(0o444)
    shared.chmod(folder)
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    process = context.Process(target=as_nobody, args=(path, answers), daemon=True)
    process.start()
    assert answers.get(timeout=30) == 12
    assert "cannot be" in answers.get(timeout=30)
    process.join(timeout=30)
    shared.chmod(0o755)


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://ona@host/ona", "ledger.db", "", "sqlite:///x?mode=ro"]
)
def test_a_place_that_is_no_place_for_a_ledger_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        open_ledger(url, clock=FakeClock())
    assert "sqlite:////folder/ledger.db" in refused.value.hint


def test_the_password_is_in_no_message() -> None:
    with pytest.raises(UsageError) as refused:
        open_ledger("mysql://ona:hidden@host/ona", clock=FakeClock())
    assert "hidden" not in refused.value.message
    assert "hidden" not in open_ledger("postgresql://ona:hidden@host/ona", clock=FakeClock()).subject


def test_opening_an_up_to_date_ledger_imports_no_alembic(tmp_path: Path) -> None:
    published(at(tmp_path / "ledger.db"))
    script = f"""
import sys
from tests.unit.ledger.test_sqlite_file import Path, at, read
sys.modules.pop("alembic", None)
assert read(Path({str(tmp_path)!r}) / "ledger.db") == 12
assert "alembic" not in sys.modules and "psycopg" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)
