"""The files of a sandbox: inputs that its user can read, outputs that it can write and that become ours."""

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

NOBODY = 65532  # the user of every serving image
_MOST_DEPTH = 64
_LONGEST_BYTES = 2000


def owner() -> str:
    """The ``uid:gid`` that a sandbox runs as.

    Root's sandboxes run as nobody. Anyone else's run as that person, who then owns what they write; the
    container has neither their files nor their environment.
    """
    return f"{NOBODY}:{NOBODY}" if os.geteuid() == 0 else f"{os.geteuid()}:{os.getegid()}"


@contextmanager
def readable(path: Path) -> Iterator[Path]:
    """Give `path`, or a copy of it where a file in it is closed to the sandbox's user."""
    if os.geteuid() != 0 or _is_open(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="ona-input-") as folder:
        copy = Path(folder) / "input"
        shutil.copytree(path, copy, symlinks=True) if path.is_dir() else shutil.copyfile(path, copy)
        for each in _all(copy):
            each.chmod(0o755 if each.is_dir() else 0o644)
        yield copy


@contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Let the sandbox's user write into `folder`; afterwards it has plain files and folders alone, all ours.

    Links and devices are removed, so that a reader of the results is not led elsewhere by them. So are
    folders that lie deeper in each other than 64 times: Python cannot remove what is deeper than its stack.
    """
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    try:
        yield
    finally:
        _remove_deep(folder)
        for each in _all(folder):
            _take_back(each)


def writable_places(outputs: dict[str, Path], files: Iterable[str]) -> dict[str, tuple[Path, bool]]:
    """What is laid inside for outputs: path inside to path outside, and whether it can be written.

    Args:
        outputs: path inside to folder outside; open to the sandbox's user.
        files: those that alone can be written in their folders, by path inside. They are made, empty.
    """
    places = {inside: (outside, True) for inside, outside in outputs.items()}
    for file in files:
        folder, _, name = file.rpartition("/")
        path = outputs[folder] / name
        path.touch(mode=0o644)
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY)
        places |= {folder: (outputs[folder], False), file: (path, True)}
    return places


def _remove_deep(folder: Path) -> None:
    waiting, deep = [(folder, 0)], []
    while waiting:
        each, depth = waiting.pop()
        if depth > _MOST_DEPTH or len(os.fsencode(each)) > _LONGEST_BYTES:
            deep.append(each)
        else:
            waiting += [(inner, depth + 1) for inner in _folders(each)]
    if not deep:
        return
    flat = Path(tempfile.mkdtemp(prefix="ona-deep-", dir=folder))  # a path can be too long to be used
    for number, each in enumerate(deep):
        each.rename(flat / str(number))
    for program in (("chmod", "-R", "u+rwx"), ("rm", "-rf")):  # they walk without a stack
        subprocess.run([*program, "--", flat], check=True, capture_output=True)


def _folders(folder: Path) -> list[Path]:
    """The folders in a folder, no link followed; it is opened where it is closed to us."""
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        folder.chmod(0o700)
    with os.scandir(folder) as entries:
        return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]


def plain(path: Path, most_bytes: int) -> IO[bytes]:
    """A file that a program in a sandbox left, open for reading.

    Args:
        path: of the file; a link is not followed, and a pipe not waited for.
        most_bytes: that it may have.

    Raises:
        OSError: it is not there, or is a link.
        ValueError: it is no plain file, or larger.
    """
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    found = os.fstat(number)
    if not stat.S_ISREG(found.st_mode) or found.st_size > most_bytes:
        os.close(number)
        raise ValueError(f"{path.name} is no plain file of at most {most_bytes} bytes")
    return os.fdopen(number, "rb")


def _take_back(path: Path) -> None:
    mode = path.lstat().st_mode
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        path.unlink()
    elif os.geteuid() == 0:
        os.chown(path, 0, 0)
        path.chmod(0o755 if stat.S_ISDIR(mode) else 0o644)


def _is_open(path: Path) -> bool:
    return all(_is_open_to_others(each.lstat().st_mode) for each in _all(path))


def _is_open_to_others(mode: int) -> bool:
    wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(mode) else 0)
    return stat.S_ISLNK(mode) or mode & wanted == wanted


def _all(path: Path) -> list[Path]:
    """The path itself and everything below it, parents first, no link followed."""
    found = [path]
    for each in found:  # grows while it is walked: hostile folders may be deeper than Python's stack
        if each.is_dir() and not each.is_symlink():
            found.extend(sorted(each.iterdir()))
    return found
