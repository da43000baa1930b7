"""git-LFS: a small pointer is committed, the content is elsewhere and found by its id.

Source:
    git-lfs specification, "The Pointer" and "Local storage".
"""

import os
import re
from pathlib import Path

import msgspec

from ona_pipeline.clients.git import Git
from ona_pipeline.errors import UsageError
from ona_pipeline.records.digest import Digest

_MAX_POINTER_BYTES = 1024
_FIRST = b"version https://git-lfs.github.com/spec/v1\n"
_OID = re.compile(rb"^oid (sha256:[0-9a-f]{64})$", re.MULTILINE)
_SIZE = re.compile(rb"^size ([0-9]{1,18})$", re.MULTILINE)


class Pointer(msgspec.Struct, frozen=True):
    """What a pointer says: the content's digest, and its size in bytes."""

    digest: Digest
    size_bytes: int
    text: bytes


def pointer(content: bytes) -> Pointer | None:
    """The pointer that `content` is, or None where it is content itself."""
    if len(content) > _MAX_POINTER_BYTES or not content.startswith(_FIRST):
        return None
    oid, size = _OID.search(content), _SIZE.search(content)
    return Pointer(Digest(oid[1].decode()), int(size[1]), content) if oid and size else None


def fetch(git: Git, wanted: Pointer, path: str) -> bytes:
    """The content, from the repository's own store, else by the git-lfs program from where it knows.

    Raises:
        UsageError: the object is nowhere, or is not what the pointer says.
    """
    local = _local(git, wanted)
    content = local.read_bytes() if local.is_file() else git.lfs_object(wanted.text)
    if content is None:
        raise UsageError(
            f"{path} is a git-LFS pointer, and its object {wanted.digest.short} is missing",
            hint="`git lfs push --all` where the object is, or `git lfs fetch` here",
        )
    found = Digest.of(content)
    if (found, len(content)) != (wanted.digest, wanted.size_bytes):
        raise UsageError(
            f"{path}: the git-LFS object is damaged: wanted {wanted.digest}, {wanted.size_bytes} bytes, "
            f"found {found}, {len(content)} bytes",
            hint="`git lfs fsck` finds and removes damaged objects",
        )
    return content


def _local(git: Git, wanted: Pointer) -> Path:
    shared = Path(os.fsdecode(git.run("rev-parse", "--git-common-dir").rstrip(b"\n")))
    oid = wanted.digest.hex
    return git.folder / shared / "lfs" / "objects" / oid[:2] / oid[2:4] / oid
