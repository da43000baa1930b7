"""Who is at the keyboard, as far as the operating system and git say."""

import os
import pwd
import sys
from pathlib import Path

from ona_pipeline import project
from ona_pipeline.records.actor import Actor

# Source: proc_pid_loginuid(5); the last user id of 32 bits says that there was no login.
_LOGIN_UID = Path("/proc/self/loginuid")
_NO_UID = 2**32 - 1


def actor(folder: Path, *, via: str = "") -> Actor:
    """The actor to write into the ledger.

    The login comes from the process's user id, so that a changed ``$USER`` is no other person. A CI system's
    own word for who started the job goes first, since the job's user id is nobody in particular. Behind
    either is whoever logged in, as the kernel remembers it, or called ``sudo``. The job's user is kept beside
    that word: anyone may say it of himself on a machine of his own.

    Args:
        folder: where git's configuration is asked for an e-mail address.
        via: how it is done; empty means: at a terminal, or by a command without one.
    """
    via = via or ("terminal" if sys.stdin.isatty() else "command")
    account = _login()
    login = os.environ.get("GITHUB_ACTOR") or account
    behind = _behind()
    return Actor(
        login=login,
        email=project.git_setting(folder, "user.email"),
        via=via,
        behind="" if behind == login else behind,
        account="" if account == login else account,
    )


def _login() -> str:
    return _name(os.getuid())


def _behind() -> str:
    """The login of the session, which ``sudo`` and ``su`` do not change; else what ``sudo`` says itself."""
    try:
        audited = _LOGIN_UID.read_text()
    except OSError:
        audited = ""
    for text in (audited.strip(), os.environ.get("SUDO_UID", "")):
        if text.isascii() and text.isdigit() and int(text) < _NO_UID:
            return _name(int(text))
    return ""


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"
