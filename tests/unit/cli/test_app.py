"""The boundary: every error becomes a sentence and the exit code of the contract."""

import errno
import json
import os
import sys

import pytest

from ona_pipeline.cli import app, status
from ona_pipeline.errors import BackendError, OnaError, RefusedError, UsageError


def end(monkeypatch: pytest.MonkeyPatch, error: BaseException, *arguments: str) -> int:
    """The exit code of `ona status` where looking into the ledger ends in `error`."""

    def ledger() -> None:
        raise error

    monkeypatch.setattr(status, "ledger", ledger)
    monkeypatch.setattr(sys, "argv", ["ona", *(arguments or ("status",))])
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize(
    ("error", "code", "word"),
    [
        (UsageError("no such thing", hint="name another"), 2, "error"),
        (RefusedError("no such thing", hint="name another"), 3, "refused"),
        (BackendError("no such thing", hint="name another"), 4, "errored"),
    ],
)
def test_an_error_is_a_sentence_a_hint_and_a_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    code: int,
    word: str,
) -> None:
    assert end(monkeypatch, error) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"{word}: no such thing\nhint: name another\n"


def test_a_failure_that_may_pass_says_that_it_is_worth_repeating(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert end(monkeypatch, BackendError("busy", retryable=True)) == 4
    assert (
        capsys.readouterr().err == "errored: busy\nthe same command may succeed later, with nothing changed\n"
    )


@pytest.mark.parametrize(
    ("error", "verdict"),
    [(RefusedError("no"), "refused"), (BackendError("no"), "errored"), (UsageError("no"), "error")],
)
def test_a_program_that_asks_for_json_gets_a_record_of_the_error_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: OnaError, verdict: str
) -> None:
    assert end(monkeypatch, error, "status", "--json") == error.exit_code
    record = json.loads(capsys.readouterr().out)
    assert record == {"verdict": verdict, "said": "no", "hint": "", "retryable": False}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
def test_a_full_or_failing_disk_is_no_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    assert end(monkeypatch, OSError(number, os.strerror(number), "/tmp/ona-x/model")) == 4
    told = capsys.readouterr().err
    assert f"a disk of this machine is full or fails: [Errno {number}] {os.strerror(number)}" in told
    assert "ona resume --all" in told


def test_another_error_of_the_system_stays_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError):
        end(monkeypatch, FileNotFoundError(errno.ENOENT, "gone"))


def test_an_interruption_ends_with_130_and_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert end(monkeypatch, KeyboardInterrupt()) == 130
    assert "interrupted; ona resume goes on where it stopped" in capsys.readouterr().err


def test_a_command_line_that_cannot_be_meant_ends_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    assert end(monkeypatch, AssertionError(), "statsu") == 2
    assert end(monkeypatch, AssertionError(), "status", "--colour") == 2
    assert end(monkeypatch, AssertionError(), "show") == 2


def test_words_from_outside_cannot_repaint_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    end(monkeypatch, UsageError("no model \x1b[2J"))
    assert "\x1b" not in capsys.readouterr().err


def test_a_bug_keeps_its_traceback_and_ends_with_1() -> None:
    import subprocess

    program = (
        "import sys; sys.argv = ['ona', 'status']\n"
        "from ona_pipeline.cli import app, status\n"
        "def broken(): raise ZeroDivisionError('a bug')\n"
        "status.ledger = broken\n"
        "app.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=os.environ, check=False
    )
    assert done.returncode == 1
    assert "Traceback (most recent call last)" in done.stderr
    assert "ZeroDivisionError: a bug" in done.stderr


@pytest.mark.parametrize("name", sorted(command.name or "" for command in app.app.registered_commands))
def test_every_command_describes_itself_in_one_line(name: str) -> None:
    command = next(command for command in app.app.registered_commands if command.name == name)
    assert command.callback is not None
    first = (command.callback.__doc__ or "").splitlines()[0]
    assert first.endswith(".")
    assert len(first) <= 64
    assert command.epilog is not None
    assert f"ona {name}" in command.epilog
