"""The file system of a sandbox without an engine, as arguments of bubblewrap: an image and mounts."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec

_TMP_BYTES = 64 * 2**20
_OWN = frozenset({"dev", "proc", "sys", "tmp"})
_TOP = PurePosixPath("/")


class Mount(msgspec.Struct, frozen=True):
    """One file or folder of ours that is to be seen inside.

    Attributes:
        source: where bubblewrap finds it.
        is_writable: False for inputs.
    """

    source: Path
    is_writable: bool = False


def file_system(root: Path, found_at: Path, mounts: dict[str, Mount]) -> list[str]:
    """Everything that is to be seen inside.

    Args:
        root: folder of an image, to be looked at now.
        found_at: where bubblewrap finds that folder.
        mounts: by their path inside.
    """
    arguments = list(_shown(root, found_at, _TOP, [PurePosixPath(inside) for inside in mounts]))
    small = ("--perms", "1777", "--size", str(_TMP_BYTES), "--tmpfs")
    arguments += ["--proc", "/proc", "--dev", "/dev", *small, "/dev/shm", *small, "/tmp"]  # noqa: S108 - inside
    for inside, mount in sorted(mounts.items()):  # parents first
        arguments += ["--bind" if mount.is_writable else "--ro-bind", str(mount.source), inside]
    return [*arguments, "--remount-ro", "/dev", "--remount-ro", "/"]


def _shown(folder: Path, found_at: Path, inside: PurePosixPath, mounts: list[PurePosixPath]) -> Iterator[str]:
    """What a folder of the image holds, each entry bound whole unless a mount needs a place that it lacks.

    A place cannot be made in what is bound read-only: such a folder is made anew, and its entries are bound.
    """
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        name = inside / entry.name
        if inside == _TOP and entry.name in _OWN:
            continue
        if entry.is_symlink():
            yield from ("--symlink", str(Path(entry.path).readlink()), str(name))
        elif entry.is_dir() and _lacks_place(Path(entry.path), name, mounts):
            yield from ("--dir", str(name))
            yield from _shown(Path(entry.path), found_at / entry.name, name, mounts)
        else:
            yield from ("--ro-bind", str(found_at / entry.name), str(name))


def _lacks_place(folder: Path, inside: PurePosixPath, mounts: list[PurePosixPath]) -> bool:
    below = (mount.relative_to(inside) for mount in mounts if inside in mount.parents)
    return any(not (folder / place).exists() for place in below)
