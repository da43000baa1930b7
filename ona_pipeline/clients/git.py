"""One git repository, through the git program: objects only, never the work tree.

Nothing that a repository carries is obeyed while it is read: no hooks, no file-system monitor, no
replacement refs, no fetching of missing objects, no attributes that would change content. Variables of a
surrounding git process are dropped, except those that lead a pre-receive hook to the objects being pushed.

Source:
    git(1), "ENVIRONMENT VARIABLES"; git-receive-pack(1), "QUARANTINE ENVIRONMENT".
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ona_pipeline.errors import BackendError, UsageError

_SAFE = (
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never"),
    *("-c", "core.attributesFile=/dev/null", "-c", "core.quotePath=false"),
)
_QUARANTINE = ("GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")
_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}
_SENTENCES = (
    (
        "not a git repository",
        "there is no git repository at {folder}",
        "give the folder of one, or `git init`",
    ),
    ("cannot change to", "there is no git repository at {folder}", "the folder does not exist"),
    (
        "dubious ownership",
        "the git repository at {folder} belongs to another user",
        "see git's safe.directory",
    ),
)


@contextmanager
def translated(folder: Path, action: str) -> Iterator[None]:
    """Turn what the git program says into our own errors.

    Args:
        folder: the repository, for messages.
        action: what is being done, to follow "git could not".

    Raises:
        UsageError: `folder` is not a repository that this user may read.
        BackendError: git is not installed, or failed otherwise.
    """
    try:
        yield
    except (subprocess.CalledProcessError, OSError) as error:
        raise _translation(folder, action, error) from error


def _said(error: subprocess.CalledProcessError | OSError) -> str:
    text = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error).encode()
    return " ".join((text or b"").decode(errors="replace").split()) or f"{error}"


def _translation(
    folder: Path, action: str, error: subprocess.CalledProcessError | OSError
) -> UsageError | BackendError:
    if isinstance(error, FileNotFoundError) and error.filename == "git":
        return BackendError("git is not installed", hint="install git 2.30 or newer")
    said = _said(error)
    for sign, sentence, hint in _SENTENCES:
        if sign in said:
            return UsageError(sentence.format(folder=folder), hint=hint)
    return BackendError(f"git could not {action} in {folder}: {said}")


class Git:
    """A repository: a work tree's or a bare one.

    Args:
        folder: anywhere in it.

    Raises:
        UsageError: there is no repository at `folder`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._environment = _environment(self.folder)
        self.directory = Path(os.fsdecode(self.run("rev-parse", "--absolute-git-dir").rstrip(b"\n")))

    def run(
        self, *arguments: str, known: frozenset[int] = frozenset({0}), content: bytes | None = None
    ) -> bytes:
        """What the command prints.

        Args:
            arguments: the command and its arguments; revisions come after ``--end-of-options``.
            known: exit statuses that are answers.
            content: what the command reads.

        Raises:
            UsageError: there is no repository.
            BackendError: the command failed.
        """
        with translated(self.folder, arguments[0]):
            done = subprocess.run(
                self.command(*arguments),
                env=self._environment,
                input=content,
                capture_output=True,
                check=False,
            )
            if done.returncode not in known:
                done.check_returncode()
            return done.stdout

    def command(self, *arguments: str) -> list[str]:
        """The whole argument list of a git command on this repository."""
        return ["git", *_SAFE, "-C", str(self.folder), *arguments]

    def started(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """A git command with pipes on both ends; the caller ends it."""
        with translated(self.folder, arguments[0]):
            return subprocess.Popen(
                self.command(*arguments),
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )

    def commit(self, revision: str) -> str | None:
        """The full id of the commit that `revision` names now; None where it names none."""
        if not revision or revision.startswith("-") or not revision.isprintable():
            return None
        return self._named(f"{revision}^{{commit}}")

    def _named(self, name: str) -> str | None:
        found = self.run("rev-parse", "--verify", "--quiet", "--end-of-options", name, known=_ANSWERS)
        return found.decode().strip() or None

    def tree(self, commit: str, folder: str) -> str | None:
        """The id of all that a commit, by its full id, has in `folder`; None where there is no such thing."""
        return self._named(f"{commit}:{folder}")

    def lfs_object(self, pointer: bytes) -> bytes | None:
        """The content that a git-LFS pointer stands for, by the git-lfs program; None where it has none."""
        command = ["git", "-C", str(self.folder), "lfs", "smudge"]
        with translated(self.folder, "run git-lfs"):
            done = subprocess.run(
                command, env=self._environment, input=pointer, capture_output=True, check=False
            )
        return done.stdout if done.returncode == 0 else None


_ANSWERS = frozenset({0, 1, 128})


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    quarantine = os.environ.get("GIT_QUARANTINE_PATH", "")
    if quarantine and Path(quarantine).is_relative_to(folder):
        kept.update({name: os.environ[name] for name in _QUARANTINE if name in os.environ})
    return kept | _QUIET
