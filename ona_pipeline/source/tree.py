"""What a commit holds, as git tells it: modes, ids and paths, without checking anything out."""

import os
import re
from pathlib import PurePosixPath
from typing import Literal

import msgspec

from ona_pipeline.clients.git import Git
from ona_pipeline.errors import UsageError

Kind = Literal["file", "symlink", "submodule"]
_KINDS: dict[str, Kind] = {"100644": "file", "100755": "file", "100664": "file", "120000": "symlink"}
_MOST_PARTS = 32
_LONGEST = 1000
_LONGEST_NAME_BYTES = 255  # NAME_MAX of Linux
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?\Z")


class Entry(msgspec.Struct, frozen=True):
    """One path in a commit.

    Attributes:
        path: from the top of the repository, POSIX.
        kind: a file, a symbolic link, or another repository's commit.
        is_executable: git's only permission.
        oid: id of the git object that holds the content.
    """

    path: str
    kind: Kind
    is_executable: bool
    oid: str


def entries(git: Git, commit: str, *folders: str) -> dict[str, Entry]:
    """Everything below `folders` in `commit`, by path.

    Raises:
        UsageError: the tree holds a path that no sound tree has, such as one with ``..``.
        BackendError: git cannot read the tree.
    """
    listed = git.run("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit, *folders)
    found = [_entry(line) for line in listed.split(b"\0") if line]
    by_path = {entry.path: entry for entry in found}
    for path in by_path:
        _check(path, commit)
    # A hostile tree can hold one name twice, as a link and as a folder whose files would go through the link.
    parents = {str(parent) for path in by_path for parent in PurePosixPath(path).parents}
    if len(by_path) != len(found) or parents & by_path.keys():
        raise UsageError(f"commit {commit[:12]} holds one path twice; that is no sound git tree")
    return by_path


def _entry(line: bytes) -> Entry:
    about, _, path = line.partition(b"\t")
    mode, _, oid = about.decode().split(" ")
    return Entry(os.fsdecode(path), _KINDS.get(mode, "submodule"), mode == "100755", oid)


def _check(path: str, commit: str) -> None:
    parts = path.split("/")
    if any(part in {"", ".", ".."} or part.lower() == ".git" for part in parts):
        raise UsageError(f"commit {commit[:12]} holds the path {path!r:.200}; that is no sound git tree")
    longest = max(len(os.fsencode(part)) for part in parts)
    if len(parts) > _MOST_PARTS or longest > _LONGEST_NAME_BYTES or len(path) > _LONGEST:
        raise UsageError(
            f"commit {commit[:12]} holds the path {path!r:.200}; wanted at most {_MOST_PARTS} folders in "
            f"each other, names of {_LONGEST_NAME_BYTES} bytes and paths of {_LONGEST} characters",
            hint="a model's files are few, and near the top",
        )


def model_names(git: Git, commit: str) -> list[str]:
    """The models in a commit: folders ``models/<name>/`` with a ``release.toml``, by name."""
    listed = git.run(
        "ls-tree", "-r", "-z", "--name-only", "--full-tree", "--end-of-options", commit, "models/"
    )
    paths = [PurePosixPath(os.fsdecode(path)) for path in listed.split(b"\0") if path]
    return sorted({path.parts[1] for path in paths if len(path.parts) == 3 and path.name == "release.toml"})  # noqa: PLR2004


def is_model_name(text: str) -> bool:
    """Whether `text` can name a model: a DNS label of up to 40 characters, for objects are named after it."""
    return _NAME.match(text) is not None
