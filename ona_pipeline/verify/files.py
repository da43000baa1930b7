"""Every file of the model against the model manifest, and their sizes."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.serving import manifest

TOO_LARGE = "too-large"
_MOST_BYTES = 256 << 20
_CODES = {"changed": "digest-mismatch"}
_HINTS = {
    "missing": "commit the file, or make the model manifest anew if it is not part of the model",
    "changed": "commit the file that is named, or make the model manifest anew if the change is meant",
    "added": "remove it, or make the model manifest anew if it belongs to the model",
    "symlink": "commit the file itself in place of the link",
    "outside": "a model may only hold files in its own directory",
    "not-a-file": "a model may only hold regular files",
    "executable": "chmod -x the file: what a model is made of is read, never run",
}


def compare(model: Path, manifest_file: Path) -> list[Finding]:
    """Findings for every difference between the model directory and its manifest."""
    try:
        wanted = manifest.parse(read_plain(manifest_file))
    except OSError:
        return [_manifest_missing(manifest_file.name)]
    except ValueError as error:
        return [
            Finding(
                "manifest-unreadable", manifest_file.name, str(error), hint="make the model manifest anew"
            )
        ]
    return [
        Finding(
            _CODES.get(difference.code, difference.code),
            difference.subject,
            f"{difference.subject}: wanted {difference.wanted}, found {difference.found}",
            hint=_HINTS[difference.code],
        )
        for difference in manifest.differences(model, wanted)
    ]


def judge_size(present: dict[str, Path], max_bytes: int) -> Iterator[Finding]:
    """A finding when the files together are larger than policy allows."""
    size_bytes = sum(path.lstat().st_size for path in present.values())
    if size_bytes > max_bytes:
        yield Finding(
            TOO_LARGE,
            "model",
            f"the model directory: wanted at most {max_bytes} bytes, found {size_bytes}",
            hint="make the model smaller, or raise max_bytes in [tool.ona.verify] at the trusted ref",
        )


def regular_files(folder: Path) -> dict[str, Path]:
    """Regular files below `folder` by POSIX name, sorted; links are neither listed nor followed."""
    return dict(sorted((name, path) for path, name in manifest.walk(folder) if manifest.is_file(path)))


def open_plain(path: Path) -> BinaryIO:
    """A regular file, open for reading; a pipe without a writer does not make us wait.

    Raises:
        OSError: it is not there, is a link, is no regular file, or must not be read.
    """
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    file = os.fdopen(number, "rb") if stat.S_ISREG(os.fstat(number).st_mode) else None
    if file is None:
        os.close(number)
        raise OSError(0, "no regular file")
    return file


def read_plain(path: Path) -> bytes:
    """The bytes of a regular file that is read whole, of at most 256 MiB; a link is not followed.

    Raises:
        OSError: it is not there, cannot be read, is larger, or is no regular file.
    """
    with open_plain(path) as file:
        if os.fstat(file.fileno()).st_size > _MOST_BYTES:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
        return file.read()


def digest_of(path: Path) -> Digest:
    """The digest of a file's bytes; of no bytes where it cannot be read, for which there is a finding."""
    try:
        return Digest.of(read_plain(path))
    except OSError:
        return Digest.of(b"")


def _manifest_missing(name: str) -> Finding:
    return Finding(
        "manifest-missing",
        name,
        f"{name}: wanted a model manifest that names every file by digest, found none that can be read",
        hint="make it with ona_pipeline.serving.manifest.make and commit it beside the model",
    )
