"""The model manifest: every file of a model by digest and size, and what differs from it.

Standard library only: the releaser's `verify` and the server in the image read it with the same code.
Every file counts and none is ignored, whatever its name. Links are never followed: a link is a difference,
and so are an empty folder, a file that may be executed, and names that only some file systems keep apart.
"""

import hashlib
import json
import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

Code = Literal["missing", "changed", "added", "symlink", "outside", "not-a-file", "executable"]
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")
_CHUNK_BYTES = 1 << 20
_EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: the SHA-256 of its content, written ``sha256:<hex>``, and its size in bytes."""

    digest: str
    size_bytes: int

    def __str__(self) -> str:
        return f"{self.digest} ({self.size_bytes} bytes)"


Manifest = Mapping[str, Entry]


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One thing in a folder that is not as its manifest says.

    Attributes:
        code: missing, changed, added, symlink, outside, not-a-file or executable.
        subject: path relative to the folder, with ``/``.
        wanted: what the manifest says of it.
        found: what is there.
    """

    code: Code
    subject: str
    wanted: str
    found: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.code}: wanted {self.wanted}, found {self.found}"


def make(directory: Path) -> bytes:
    """The manifest of a folder, as canonical JSON with a newline at the end.

    Raises:
        ValueError: the folder holds something that no manifest can name: a link, a socket, an empty folder,
            a file that may be executed, a name that is no text, two names that differ in case alone.
    """
    found = list(walk(directory))
    strange = [_strange(path, name, directory) for path, name in found if not _is_plain(path)]
    if strange:
        raise ValueError("; ".join(sorted(map(str, strange))))
    _check_names([name for _, name in found])
    entries = {name: _measure(path) for path, name in found}
    files = {
        name: {"digest": entry.digest, "size_bytes": entry.size_bytes} for name, entry in entries.items()
    }
    text = json.dumps({"files": files}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"{text}\n".encode()


def read(path: Path) -> Manifest:
    """The manifest in a file.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not a manifest; the message says where.
    """
    return parse(path.read_bytes())


def parse(content: bytes) -> Manifest:
    """The manifest in these bytes.

    Raises:
        ValueError: they are not a manifest; the message says where.
    """
    try:
        document = json.loads(content, object_pairs_hook=_without_duplicates)
    except RecursionError as error:
        raise ValueError("model manifest: values in each other without end") from error
    if (
        not isinstance(document, dict)
        or set(document) != {"files"}
        or not isinstance(document["files"], dict)
    ):
        raise ValueError('model manifest: wanted {"files": {…}} and nothing else')
    _check_names(list(document["files"]))
    return {name: _entry(name, value) for name, value in document["files"].items()}


def digest(content: bytes) -> str:
    """The model digest: the SHA-256 of the bytes of the model manifest, written ``sha256:<hex>``."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def differences(directory: Path, manifest: Manifest) -> list[Difference]:
    """Everything in `directory` that is not as `manifest` says, by path; empty where all is well."""
    inside = {name: entry for name, entry in manifest.items() if _is_inside(name)}
    found = [
        Difference("outside", name, "a path below the model", name)
        for name in manifest.keys() - inside.keys()
    ]
    present = {name: path for path, name in walk(directory)}
    found += [
        Difference("missing", name, str(inside[name]), "nothing") for name in inside.keys() - present.keys()
    ]
    found += filter(
        None, (_compare(path, name, directory, inside.get(name)) for name, path in present.items())
    )
    return sorted(found, key=lambda difference: (difference.subject, difference.code))


def walk(directory: Path) -> Iterator[tuple[Path, str]]:
    """Every entry below `directory` that is not a folder with something in it, and its name.

    A folder that cannot be listed is such an entry, too: one that is closed, or deeper than paths may be.
    """
    if directory.is_symlink() or not directory.is_dir():
        return
    waiting = [directory]
    while waiting:
        folder = waiting.pop()
        entries = sorted(_entries(folder) or (), key=lambda entry: entry.name)
        if not entries and folder != directory:
            yield folder, _name(folder, directory)
        for entry in entries:
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                waiting.append(path)
            else:
                yield path, _name(path, directory)


def is_empty_folder(path: Path) -> bool:
    """Whether it is a folder, and has nothing in it."""
    return stat.S_ISDIR(_mode(path)) and _entries(path) == []


def is_file(path: Path) -> bool:
    """Whether it is a regular file; a link is none."""
    return stat.S_ISREG(_mode(path))


def _entries(folder: Path) -> list[os.DirEntry[str]] | None:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return None


def _mode(path: Path) -> int:
    """Its kind and rights; 0 where they cannot be had."""
    try:
        return path.lstat().st_mode
    except OSError:
        return 0


def _name(path: Path, directory: Path) -> str:
    """The name as text: bytes that are none are written as escapes, which no manifest's name matches."""
    name = os.fsencode(path.relative_to(directory).as_posix())
    return name.decode(errors="backslashreplace")


def _compare(path: Path, name: str, directory: Path, wanted: Entry | None) -> Difference | None:
    if not is_file(path):
        return _strange(path, name, directory)
    try:
        found = _measure(path)
    except OSError as error:
        return Difference("not-a-file", name, "a file", f"one that cannot be read: {error.strerror}")
    if wanted is None:
        return Difference("added", name, "nothing", str(found))
    if found == wanted and not _is_plain(path):
        return _strange(path, name, directory)
    return None if found == wanted else Difference("changed", name, str(wanted), str(found))


def _strange(path: Path, name: str, directory: Path) -> Difference:
    mode = _mode(path)
    if stat.S_ISLNK(mode):
        target = path.readlink()
        # It does not mind links that lead to themselves; a path that is resolved does.
        is_inside = Path(os.path.realpath(path)).is_relative_to(os.path.realpath(directory))
        return Difference("symlink" if is_inside else "outside", name, "a file", f"a link to {target}")
    if is_empty_folder(path):
        return Difference("added", name, "nothing", "an empty folder")
    if stat.S_ISREG(mode):
        return Difference("executable", name, "a file that is only read", f"mode {stat.S_IMODE(mode):o}")
    return Difference(
        "not-a-file", name, "a file", f"a {_KINDS.get(stat.S_IFMT(mode), 'thing of unknown kind')}"
    )


_KINDS = {
    0: "folder that is too deep",
    stat.S_IFDIR: "folder that cannot be read",
    stat.S_IFSOCK: "socket",
    stat.S_IFIFO: "named pipe",
    stat.S_IFBLK: "block device",
    stat.S_IFCHR: "character device",
}


def _is_plain(path: Path) -> bool:
    """A file that nobody may execute: what a model is made of is read."""
    return is_file(path) and not _mode(path) & _EXECUTABLE


def _check_names(names: list[str]) -> None:
    alike: dict[str, str] = {}
    for name in names:
        other = alike.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if other != name:
            raise ValueError(
                f"model manifest: {other} and {name}: one file on some file systems, two on others"
            )
        if "\\x" in name or "\0" in name:
            raise ValueError(f"model manifest: {name!r}: wanted a name that is text")


def _measure(path: Path) -> Entry:
    hashed, size_bytes = hashlib.sha256(), 0
    # O_NOFOLLOW: the entry could have been exchanged for a link since it was listed.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            hashed.update(chunk)
            size_bytes += len(chunk)
    return Entry(f"sha256:{hashed.hexdigest()}", size_bytes)


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return (
        bool(name) and str(path) == name and not path.is_absolute() and ".." not in path.parts and name != "."
    )


def _entry(name: str, value: Any) -> Entry:
    if not isinstance(value, dict) or set(value) != {"digest", "size_bytes"}:
        raise ValueError(f"model manifest: {name}: wanted digest and size_bytes and nothing else")
    wanted, size_bytes = value["digest"], value["size_bytes"]
    if not isinstance(wanted, str) or not _DIGEST.match(wanted):
        raise ValueError(f"model manifest: {name}: not a sha256 digest: {wanted!r}")
    if type(size_bytes) is not int or size_bytes < 0:
        raise ValueError(f"model manifest: {name}: not a size in bytes: {size_bytes!r}")
    return Entry(wanted, size_bytes)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("model manifest: a name is given twice")
    return document
