"""The members of a skops archive: arrays and nothing else, so that no pickle hides inside."""

import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import IO

from ona_pipeline.records.finding import Finding
from ona_pipeline.verify.formats import is_pickle

_HEAD_BYTES = 1 << 16
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def judge(archive: zipfile.ZipFile, name: str, *, max_bytes: int) -> Iterator[Finding]:
    """Findings for members that are given twice, too large together, or not what skops would have written."""
    infos = archive.infolist()
    for twice in [member for member, count in Counter(info.filename for info in infos).items() if count > 1]:
        yield Finding("skops-malformed", name, f"{name}: wanted each member once, found {twice!r} twice")
    size_bytes = sum(info.file_size for info in infos)
    if size_bytes > max_bytes:
        yield Finding(
            "too-large", name, f"{name}: wanted at most {max_bytes} bytes unpacked, found {size_bytes}"
        )
        return
    for info in infos:
        kind = _kind(archive, info)
        if kind:
            yield Finding(
                "format-not-allowed",
                f"{name}/{info.filename}",
                f"{name}: member {info.filename!r}: wanted a plain array, found {kind}",
                hint="save the model anew with skops; arrays of objects are not stored in one member",
            )


def _kind(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    """What is wrong with a member; empty where nothing is."""
    if info.filename == "schema.json":
        return ""
    if info.compress_type not in _METHODS or info.flag_bits & 1:
        return "an encrypted or unusually packed member"
    with archive.open(info) as member:
        if info.filename.endswith(".npy"):
            return _array(member)
        if info.filename.endswith(".npz"):
            return _arrays(member.read())
        if is_pickle(member.read(_HEAD_BYTES)):
            return "a pickle"
    return "" if info.filename.endswith(".bin") else "something that skops does not write"


def _arrays(content: bytes) -> str:
    """The same for a sparse matrix, which is an archive of arrays."""
    with zipfile.ZipFile(io.BytesIO(content)) as inner:
        for info in inner.infolist():
            with inner.open(info) as member:
                wrong = _array(member)
            if wrong:
                return wrong
    return ""


def _array(member: IO[bytes]) -> str:
    from numpy.lib import format as npy

    head = member.read(_HEAD_BYTES)
    if is_pickle(head):
        return "a pickle"
    stream = io.BytesIO(head)
    try:
        version = npy.read_magic(stream)
        reader = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        _, _, dtype = reader(stream)
    except ValueError as error:
        return f"no array: {error}"
    return "an array of pickled objects" if dtype.hasobject else ""
