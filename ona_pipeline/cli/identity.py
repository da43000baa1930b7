"""Who is at the keyboard, as far as the operating system and git say."""

import os
import pwd
import sys
from pathlib import Path

from ona_pipeline import project
from ona_pipeline.records.actor import Actor


def actor(folder: Path, *, via: str = "") -> Actor:
    """The actor to write into the ledger.

    The login comes from the process's user id, so that a changed ``$USER`` is no other person. A CI system's
    own word for who started the job goes first, since the job's user id is nobody in particular.

    Args:
        folder: where git's configuration is asked for an e-mail address.
        via: how it is done; empty means: at a terminal, or by a command without one.
    """
    via = via or ("terminal" if sys.stdin.isatty() else "command")
    login = os.environ.get("GITHUB_ACTOR") or _login()
    return Actor(login=login, email=project.email(folder), via=via)


def _login() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid-{os.getuid()}"
