"""Who is at the keyboard."""

import os
import pwd
from pathlib import Path

import pytest

from ona_pipeline.cli import identity


@pytest.fixture(autouse=True)
def _without_a_ci_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTOR", raising=False)


def test_the_login_is_the_process_owners_whatever_the_variables_say(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "approver")
    assert identity.actor(tmp_path).login == pwd.getpwuid(os.getuid()).pw_name


def test_a_ci_systems_word_goes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GITHUB_ACTOR", "releaser")
    assert identity.actor(tmp_path).login == "releaser"


def test_a_user_id_without_a_name_is_named_by_its_number(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def nobody(_: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.setenv("LOGNAME", "approver")
    assert identity.actor(tmp_path).login == f"uid-{os.getuid()}"


def test_how_it_was_done_is_written_down(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert identity.actor(tmp_path).via == "command"
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert identity.actor(tmp_path).via == "terminal"
    assert identity.actor(tmp_path, via="job").via == "job"
