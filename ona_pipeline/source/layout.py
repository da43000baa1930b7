"""Lay the entries of a commit out in a folder, without git's filters and without following anything."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Self

from ona_pipeline.clients.git import Git, translated
from ona_pipeline.errors import BackendError
from ona_pipeline.source import lfs
from ona_pipeline.source.tree import Entry

_CHUNK_BYTES = 1 << 20


def lay_out(git: Git, entries: Iterable[Entry], into: Path) -> None:
    """Write every entry below `into`.

    A symbolic link is written as it is and a submodule as a link that leads nowhere, so that `verify`
    sees and refuses them. They are written last: no file can be written through one.

    Raises:
        UsageError: a git-LFS object is missing or damaged.
        BackendError: git cannot read an object, or the folder cannot be written.
    """
    ordered = sorted(entries, key=lambda entry: entry.kind != "file")
    with translated(git.folder, "lay out a commit"), _Objects(git) as objects:
        for entry in ordered:
            target = into / entry.path
            _folders(target.parent, into)
            _write(git, objects, entry, target)


def _write(git: Git, objects: "_Objects", entry: Entry, target: Path) -> None:
    if entry.kind == "file":
        objects.copy(entry.oid, target)
        _follow_pointer(git, entry, target)
        target.chmod(0o755 if entry.is_executable else 0o644)
    elif entry.kind == "symlink":
        _link(os.fsdecode(objects.content(entry.oid)), target)
    else:
        _link(f"submodule:{entry.oid}", target)


def _follow_pointer(git: Git, entry: Entry, target: Path) -> None:
    with target.open("rb") as file:
        wanted = lfs.pointer(file.read(1025))
    if wanted is not None:
        target.write_bytes(lfs.fetch(git, wanted, entry.path))


def _link(destination: str, target: Path) -> None:
    try:
        target.symlink_to(destination)
    except (OSError, ValueError):
        target.symlink_to(os.devnull)


def _folders(folder: Path, into: Path) -> None:
    """Make `folder` below `into`, readable by the user that sandboxes run as."""
    for parent in [*reversed(folder.relative_to(into).parents), folder.relative_to(into)]:
        (into / parent).mkdir(exist_ok=True)
        (into / parent).chmod(0o755)


class _Objects:
    """``git cat-file --batch``: many objects, one process."""

    def __init__(self, git: Git) -> None:
        self._git = git

    def __enter__(self) -> Self:
        self._process = self._git.started("cat-file", "--batch")
        return self

    def __exit__(self, *_: object) -> None:
        self._stdin.close()
        self._stdout.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None  # noqa: S101
        return self._process.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._process.stdout is not None  # noqa: S101
        return self._process.stdout

    def content(self, oid: str) -> bytes:
        """A small object, whole."""
        content = self._stdout.read(self._asked(oid))
        self._stdout.read(1)
        return content

    def copy(self, oid: str, target: Path) -> None:
        """An object of any size, into a new file."""
        left = self._asked(oid)
        with target.open("xb") as file:
            while left and (chunk := self._stdout.read(min(left, _CHUNK_BYTES))):
                left -= file.write(chunk)
        if left:
            raise BackendError(f"git ended in the middle of object {oid} of {self._git.folder}")
        self._stdout.read(1)

    def _asked(self, oid: str) -> int:
        self._stdin.write(f"{oid}\n".encode())
        self._stdin.flush()
        header = self._stdout.readline().split()
        if len(header) != 3 or header[1] == b"missing":  # noqa: PLR2004
            raise BackendError(
                f"git object {oid} is missing from {self._git.folder}",
                hint="a partial or damaged clone; `git fsck` tells, a fresh clone heals",
            )
        return int(header[2])


def content(git: Git, entry: Entry) -> bytes:
    """The bytes of one file in a commit, a git-LFS pointer followed."""
    found = git.run("cat-file", "blob", entry.oid)
    wanted = lfs.pointer(found)
    return found if wanted is None else lfs.fetch(git, wanted, entry.path)
