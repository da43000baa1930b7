"""One file: opened without following or waiting for anything, recognised, and walked as what it is."""

import mmap
import os
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import structs

from ona_pipeline.policy import VerifyPolicy
from ona_pipeline.records.finding import Finding
from ona_pipeline.verify import formats
from ona_pipeline.verify.files import open_plain
from ona_pipeline.verify.walk import npy, onnx, skops
from ona_pipeline.verify.walk.archive import Archive
from ona_pipeline.verify.walk.interface import Content, MalformedError
from ona_pipeline.verify.walk.joblib import Walk
from ona_pipeline.verify.walk.packed import KINDS, Unpacked
from ona_pipeline.verify.walk.reader import CHUNK_BYTES, Reader

_FREE_EXPANSION_BYTES = 64 << 20


class Looked(msgspec.Struct, frozen=True):
    """What one file turned out to be, and what is in it where its format is allowed."""

    kind: str
    content: Content = Content()


def look(path: Path, name: str, policy: VerifyPolicy) -> Looked:
    """Recognise a file and walk it, as far as policy allows its format.

    Args:
        path: the file; links are not followed, and nothing but a regular file is opened.
        name: what findings call it.
        policy: formats, and the limits of size and expansion.
    """
    try:
        with open_plain(path) as file:
            return _look(file, name, policy)
    except OSError as error:
        what = error.strerror or "another kind of file"
        return Looked("", Content(findings=(_unreadable(name, what),)))


def _look(file: BinaryIO, name: str, policy: VerifyPolicy) -> Looked:
    kind = formats.kind_of(file, name)
    size_bytes = os.fstat(file.fileno()).st_size
    if not formats.is_allowed(formats.could_be(kind), policy.formats):
        return Looked(kind)
    if size_bytes > policy.max_bytes:
        too_large = MalformedError("too-large", f"{size_bytes}", wanted=f"at most {policy.max_bytes} bytes")
        return Looked(kind, Content(findings=(too_large.finding(name),)))
    file.seek(0)
    free = max(_FREE_EXPANSION_BYTES, policy.max_expansion * size_bytes)
    return _walk(file, name, kind, structs.replace(policy, max_bytes=min(policy.max_bytes, free)))


def _walk(file: BinaryIO, name: str, kind: str, limits: VerifyPolicy) -> Looked:
    try:
        if kind == "pickle":
            return _pickle(Walk(Reader(file), limits.max_depth), kind, name)
        if kind in KINDS:
            unpacked = BufferedReader(Unpacked(file, kind, limits.max_bytes), CHUNK_BYTES)
            return _pickle(Walk(Reader(unpacked), limits.max_depth), "joblib", name)
        return Looked(kind, _walk_plain(file, kind, limits))
    except MalformedError as error:
        return Looked(formats.could_be(kind), Content(findings=(error.finding(name),)))


def _walk_plain(file: BinaryIO, kind: str, limits: VerifyPolicy) -> Content:
    if kind == "onnx":
        # Ends with the last view of it, which an error's traceback may hold.
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        return onnx.walk(content, max_metadata_bytes=limits.max_metadata_bytes)
    if kind == "numpy" and file.read(2) != b"PK":
        file.seek(0)
        return npy.walk(Reader(file))
    archive = Archive(file, limits.max_bytes)
    if kind == "numpy":
        return npy.walk_archive(archive)
    return skops.walk(archive, max_bytes=limits.max_bytes, max_depth=limits.max_depth)


def _pickle(walk: Walk, kind: str, name: str) -> Looked:
    """A pickle, plain or with joblib's arrays; what it named until it was found malformed still counts."""
    try:
        content = walk.run()
    except MalformedError as error:
        seen = frozenset(walk.machine.names), frozenset(walk.machine.called)
        return Looked("joblib" if walk.has_arrays else kind, Content(*seen, findings=(error.finding(name),)))
    return Looked("joblib" if walk.has_arrays else kind, content)


def _unreadable(name: str, what: str) -> Finding:
    return Finding(
        "unreadable",
        name,
        f"{name}: wanted a regular file that can be read, found: {what}",
        hint="a model may only hold regular files; links and pipes are not followed",
    )
