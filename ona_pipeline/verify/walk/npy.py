"""One array in NumPy's own format, and archives of them: header read as a literal, size exact, no objects."""

import ast
from typing import Any

from ona_pipeline.verify.walk import dtypes
from ona_pipeline.verify.walk.archive import Archive
from ona_pipeline.verify.walk.interface import Content, MalformedError
from ona_pipeline.verify.walk.reader import Reader

MAGIC = b"\x93NUMPY"
_LENGTH_BYTES = {(1, 0): 2, (2, 0): 4, (3, 0): 4}
_MAX_HEADER_BYTES = 10_000  # what NumPy itself reads without being told to trust the file
_KEYS = {"descr", "fortran_order", "shape"}


def walk(reader: Reader) -> Content:
    """Look at one array, to the end of the file.

    Raises:
        MalformedError: it is no array, holds objects, or has more or fewer bytes than its header says.
    """
    if reader.take(len(MAGIC)) != MAGIC:
        raise MalformedError("array-malformed", "another beginning", wanted="an array in NumPy's format")
    version = reader.take(2)
    if tuple(version) not in _LENGTH_BYTES:
        raise MalformedError("array-malformed", f"version {tuple(version)} of the format")
    size_bytes = int.from_bytes(reader.take(_LENGTH_BYTES[version[0], version[1]]), "little")
    if size_bytes > _MAX_HEADER_BYTES:
        raise MalformedError("array-malformed", f"a header of {size_bytes} bytes")
    header = _header(reader.take(size_bytes), "utf-8" if version[0] == 3 else "latin1")  # noqa: PLR2004
    dtype = dtypes.parse_descr(header["descr"])
    if dtype.is_object:
        raise MalformedError("array-of-objects", "an array of pickled objects", wanted="a plain array")
    reader.skip(dtype.size_bytes * dtypes.elements(header["shape"]))
    if not reader.is_at_end():
        raise MalformedError("trailing-bytes", "bytes after the array")
    return Content()


def walk_archive(archive: Archive) -> Content:
    """Look at every array of an archive, as ``numpy.savez`` writes it.

    Raises:
        MalformedError: a member is no such array.
    """
    for member in archive.members:
        if not member.name.endswith(".npy"):
            raise MalformedError("array-malformed", f"the member {member.name!r}", wanted="arrays only")
        archive.read(member, walk)
    return Content()


def _header(content: bytes, encoding: str) -> dict[str, Any]:
    try:
        text = content.decode(encoding)
        # A literal has no names, calls or operators: nothing in it can be evaluated.
        header = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError) as error:
        raise MalformedError("array-malformed", "a header that is no literal") from error
    if not isinstance(header, dict) or set(header) != _KEYS or type(header["fortran_order"]) is not bool:
        raise MalformedError("array-malformed", "a header with other keys or values than an array's")
    if not text.endswith("\n"):
        raise MalformedError("array-malformed", "a header without an end of line")
    return header
