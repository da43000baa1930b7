"""Who is at the keyboard."""

import os
import pwd
from pathlib import Path
from types import SimpleNamespace

import pytest

from ona_pipeline.cli import identity


@pytest.fixture(autouse=True)
def _at_a_plain_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GITHUB_ACTOR", raising=False)
    monkeypatch.delenv("SUDO_UID", raising=False)
    monkeypatch.setattr(identity, "_LOGIN_UID", tmp_path / "none")


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


def named(monkeypatch: pytest.MonkeyPatch, names: dict[int, str]) -> None:
    """User ids with these names, and this process with the id 0."""
    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: SimpleNamespace(pw_name=names[uid]))


def test_behind_sudo_is_who_called_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    named(monkeypatch, {0: "root", 1000: "releaser"})
    monkeypatch.setenv("SUDO_UID", "1000")
    monkeypatch.setenv("SUDO_USER", "approver")
    found = identity.actor(tmp_path)
    assert (found.login, found.behind, found.acting) == ("root", "releaser", "releaser")


def test_below_a_ci_systems_word_is_the_account_of_the_job(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    named(monkeypatch, {0: "runner"})
    monkeypatch.setenv("GITHUB_ACTOR", "approver")
    found = identity.actor(tmp_path)
    assert (found.login, found.account, found.acting) == ("approver", "runner", "approver")
    monkeypatch.delenv("GITHUB_ACTOR")
    assert identity.actor(tmp_path).account == ""


def test_who_logged_in_goes_before_what_sudo_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    named(monkeypatch, {0: "root", 1000: "releaser", 1001: "approver"})
    (tmp_path / "loginuid").write_text("1000")
    monkeypatch.setattr(identity, "_LOGIN_UID", tmp_path / "loginuid")
    monkeypatch.setenv("SUDO_UID", "1001")
    assert identity.actor(tmp_path).behind == "releaser"


def test_a_session_without_a_login_has_nobody_behind_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "loginuid").write_text("4294967295")
    monkeypatch.setattr(identity, "_LOGIN_UID", tmp_path / "loginuid")
    assert identity.actor(tmp_path).behind == ""
    monkeypatch.setenv("SUDO_UID", "all of them")
    assert identity.actor(tmp_path).behind == ""


def test_who_logged_in_stays_behind_a_ci_systems_word(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    named(monkeypatch, {0: "root", 1000: "releaser"})
    (tmp_path / "loginuid").write_text("1000")
    monkeypatch.setattr(identity, "_LOGIN_UID", tmp_path / "loginuid")
    monkeypatch.setenv("GITHUB_ACTOR", "approver")
    assert identity.actor(tmp_path).name.startswith("approver (releaser)")
    monkeypatch.setenv("GITHUB_ACTOR", "releaser")
    assert identity.actor(tmp_path).behind == ""
