"""Temporary files of one process: gone with it, and where it was killed, with the next one."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ona_pipeline.cli.temporary import own_folder
from tests.folders import dig

WAITS = """\
import sys, tempfile
from pathlib import Path
from ona_pipeline.cli.temporary import own_folder
with own_folder():
    Path(tempfile.mkdtemp(), "model.skops").write_text("half")
    print("made", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def other(above: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process, with a file of its own."""
    command = [sys.executable, "-c", WAITS]
    environment = os.environ | {"TMPDIR": str(above)}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "made\n"
        yield process
        process.kill()


def test_everything_temporary_is_in_it_and_it_is_gone_afterwards(above: Path) -> None:
    with own_folder() as folder:
        assert Path(tempfile.mkdtemp(prefix="ona-layer-")).parent == folder
        assert list(above.iterdir()) == [folder]
    assert list(above.iterdir()) == []
    assert tempfile.gettempdir() == str(above)


def test_it_is_gone_after_an_error_too(above: Path) -> None:
    with pytest.raises(ZeroDivisionError), own_folder():
        raise ZeroDivisionError
    assert list(above.iterdir()) == []


def test_that_of_a_process_that_lives_is_left_alone(above: Path, other: "subprocess.Popen[str]") -> None:
    with own_folder():
        pass
    assert len(list(above.glob("ona-run-*/*/model.skops"))) == 1
    other.communicate("")
    assert list(above.iterdir()) == []


def test_that_of_a_process_that_was_killed_is_removed_by_the_next(
    above: Path, other: "subprocess.Popen[str]"
) -> None:
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert len(list(above.glob("ona-run-*"))) == 1
    with own_folder() as folder:
        assert list(above.iterdir()) == [folder]


def test_folders_deeper_than_pythons_stack_are_removed_too(above: Path) -> None:
    with own_folder() as folder:
        dig(folder, 3 * sys.getrecursionlimit())
    assert list(above.iterdir()) == []
    (left := above / "ona-run-left").mkdir()
    dig(left, 3 * sys.getrecursionlimit())
    with own_folder() as folder:
        assert list(above.iterdir()) == [folder]


def test_what_is_not_such_a_folder_is_left_alone(
    above: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "kept").write_text("mine")
    (above / "ona-run-link").symlink_to(elsewhere)
    (above / "ona-run-file").write_text("mine")
    (above / "ona-notes").mkdir()
    with own_folder():
        pass
    assert sorted(path.name for path in above.iterdir()) == ["ona-notes", "ona-run-file", "ona-run-link"]
    assert (elsewhere / "kept").exists()


def test_other_users_may_go_through_it_and_not_look_around() -> None:
    with own_folder() as folder:
        assert folder.stat().st_mode & 0o777 == 0o711
