"""What a program in a sandbox left, read without believing what it says of itself: JSON, and arrays."""

import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ona_pipeline.sandbox.files import plain

_T = TypeVar("_T")
_KINDS = "biufU"
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1
# What Python's parsers say to ten thousand signs; NumPy tries two of them.
_UNENDING = (RecursionError, MemoryError, tokenize.TokenError)
UNREADABLE = (
    OSError,
    ValueError,
    EOFError,
    zipfile.BadZipFile,
    NotImplementedError,
    zlib.error,
    msgspec.MsgspecError,
)


def read_json(path: Path, most_bytes: int, kind: type[_T]) -> _T:
    """The JSON document in a file, as a value of `kind`.

    Raises:
        OSError: it is not there.
        ValueError: it is no plain file, larger than `most_bytes`, or nested without end.
        msgspec.MsgspecError: it is no such document.
    """
    with plain(path, most_bytes) as file:
        try:
            return msgspec.json.decode(file.read(), type=kind)
        except RecursionError as error:
            raise ValueError(f"{path.name} is nested without end") from error


def read_arrays(path: Path, most_bytes: int) -> dict[str, Any]:
    """The arrays of an ``.npz`` by name: numbers, truth values and texts, of any shape.

    Args:
        path: of the file.
        most_bytes: that it may have, and that all arrays together may have.

    Raises:
        OSError: it is not there.
        ValueError: it is no plain file, too large, or holds something else.
        EOFError, zipfile.BadZipFile, zlib.error: it is damaged.
    """
    with plain(path, most_bytes) as file, zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        if sum(info.file_size for info in infos) > most_bytes:
            raise ValueError(f"more than {most_bytes} bytes")
        if any(info.compress_type not in _PACKED or info.flag_bits & _ENCRYPTED for info in infos):
            raise ValueError("packed as NumPy packs nothing")
        return {info.filename.removesuffix(".npy"): _array(archive, info) for info in infos}


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Any:
    from numpy.lib import format as npy

    with archive.open(info) as member:
        if npy.read_magic(member) != (1, 0):
            raise ValueError(f"{info.filename} is in another version of the format")
        try:
            shape, _, dtype = npy.read_array_header_1_0(member)
        except _UNENDING as error:
            raise ValueError(f"{info.filename} has no header that ends") from error
        count = 1
        for length in shape:
            count *= length
        # A header may promise more than the file holds, and memory is taken by its word.
        if dtype.kind not in _KINDS or min((0, *shape)) < 0 or count * dtype.itemsize > info.file_size:
            raise ValueError(f"{info.filename} is no plain array")
    with archive.open(info) as member:
        return npy.read_array(member, allow_pickle=False)
