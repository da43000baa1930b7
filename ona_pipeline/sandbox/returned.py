"""What comes back out of a pod's sandbox: lines of its log, hostile, read as data."""

import base64
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

from ona_pipeline.errors import BackendError
from ona_pipeline.sandbox.interface import Ending

_MOST_LAST_BYTES = 256 * 1024  # 64 KiB of output in base64, and a few words


class Said(msgspec.Struct, frozen=True):
    """The last line.

    Attributes:
        missing: the program, where the image does not have it.
        status: exit status; 128 and more for signals.
        stopped: the limit that it was ended at; None where it ended by itself.
        seconds: wall clock.
        output: the end of what it said.
        is_whole: whether all that it wrote came back.
    """

    missing: str = ""
    status: int = 0
    stopped: Ending | None = None
    seconds: float = 0.0
    output: bytes = b""
    is_whole: bool = False


def kept(chunks: Iterable[bytes], file: IO[bytes], most_bytes: int) -> Said | None:
    """Write a log's archive to a file, and give its last line; None where the log has no last line yet.

    Args:
        chunks: of the log.
        file: open for writing; gets the packed outputs.
        most_bytes: that the packed outputs may have.

    Raises:
        BackendError: it is longer than it may be, or not what is written inside.
    """
    left = most_bytes
    for line in _lines(chunks):
        try:
            if line.startswith(b"{"):
                return msgspec.json.decode(line, type=Said)
            content = base64.b64decode(line, validate=True)
        except (ValueError, msgspec.MsgspecError) as error:
            raise _strange(f"{error}: {line[-300:].decode(errors='replace')}") from error
        left -= len(content)
        if left < 0:
            raise _strange("more than was allowed")
        file.write(content)
    return None


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The whole lines; what has no end yet is left out."""
    held = b""
    for chunk in chunks:
        *lines, held = (held + chunk).split(b"\n")
        yield from lines
        if len(held) > _MOST_LAST_BYTES:
            raise _strange("a line without an end")


def unpack(file: IO[bytes], folders: Sequence[Path], most_bytes: int) -> None:
    """Lay the packed outputs into the folders that they are for: plain files and folders, all ours.

    Args:
        file: positioned at the packed outputs.
        folders: existing and empty; the archive names them by their number.
        most_bytes: that all files together may have.

    Raises:
        BackendError: it is not what is written inside.
    """
    left = most_bytes
    try:
        with tarfile.open(fileobj=file, mode="r|gz") as archive:
            for member in archive:
                left -= member.size
                _lay(archive, member, _place(member.name, folders), left)
    except (tarfile.TarError, OSError, EOFError, ValueError, IndexError) as error:
        raise _strange(f"{type(error).__name__}: {error}") from error


def _place(name: str, folders: Sequence[Path]) -> Path:
    number, *parts = PurePosixPath(name).parts
    if not parts or ".." in parts or not number.isascii() or not number.isdigit():
        raise ValueError(f"a strange name: {name[:80]!r}")
    return folders[int(number)].joinpath(*parts)


def _lay(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path, left: int) -> None:
    if left < 0:
        raise ValueError("more than was allowed")
    if member.isdir():
        path.mkdir()
    elif member.isreg() and (source := archive.extractfile(member)):
        with path.open("xb") as target:  # nothing is laid over what is there, links there are none
            while chunk := source.read(2**20):
                target.write(chunk)
    else:
        raise ValueError(f"neither file nor folder: {member.name[:80]!r}")


def _strange(reason: str) -> BackendError:
    return BackendError(f"the sandbox's pod gave back what cannot be read: {reason}", retryable=True)
