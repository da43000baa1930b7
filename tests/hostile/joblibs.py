"""Files of joblib: compressed streams, wrappers and the arrays between the operations."""

import bz2
import gzip
import io
import lzma
import pickle
import zlib
from collections.abc import Callable, Iterator
from functools import cache

import joblib
import numpy as np

from tests.hostile.assembly import call, named, op, program, text, value
from tests.hostile.case import Case
from tests.hostile.pickles import PAYLOAD, TOUCH

PACK: dict[str, Callable[[bytes], bytes]] = {
    "zlib": zlib.compress,
    "gzip": lambda content: gzip.compress(content, mtime=0),
    "bzip2": bz2.compress,
    "xz": lambda content: lzma.compress(content, preset=0),
    "lzma": lambda content: lzma.compress(content, lzma.FORMAT_ALONE, preset=0),
}
WRAPPER = named("joblib.numpy_pickle", "NumpyArrayWrapper") + op("EMPTY_TUPLE") + op("NEWOBJ")


def cases() -> Iterator[Case]:
    """All of them."""
    yield from packed()
    yield from wrappers()
    yield from damaged()


def plain(thing: object) -> bytes:
    """A file of joblib, not compressed."""
    written = io.BytesIO()
    joblib.dump(thing, written)
    return written.getvalue()


def packed() -> Iterator[Case]:
    honest = plain({"coef_": np.arange(20.0)})
    for kind, pack in PACK.items():
        file, whole = "model.joblib", pack(honest)
        yield Case(f"a call in {kind}", pack(PAYLOAD), "type-not-allowed", file)
        yield Case(f"{kind} followed by something", whole + b"\0", "trailing-bytes", file)
        yield Case(f"{kind} followed by another", whole + pack(PAYLOAD), "trailing-bytes", file)
        yield Case(f"{kind} cut in half", whole[: len(whole) // 2], "truncated", file)
        yield Case(f"{kind} without its end", whole[:-1], "truncated", file)
        yield Case(f"a pickle in {kind} followed by something", pack(honest + b"."), "trailing-bytes", file)
        yield Case(f"a pickle in {kind} cut off", pack(honest[:-1]), "truncated", file)
        yield Case(f"words in {kind}", pack(b"words\n" * 9), "pickle-malformed", file)
        yield Case(f"nothing in {kind}", pack(b""), "truncated", file)
        yield Case(f"{kind} in {kind}", pack(whole), "pickle-malformed", file)
        yield Case(f"a bomb in {kind}", bomb(kind), "too-large", file)
    for kind in ("zlib", "gzip", "bzip2", "xz"):
        changed = bytearray(PACK[kind](honest))
        changed[len(changed) // 2] ^= 0x55
        yield Case(f"{kind} with a changed byte", bytes(changed), "packing-malformed", "model.joblib")
    memory = bytearray(PACK["lzma"](honest))
    memory[1:5] = (0xFFFFFFFF).to_bytes(4, "little")
    yield Case("lzma that asks for more than there is", bytes(memory), "format-not-allowed", "model.joblib")
    memory[1:5] = (1 << 30).to_bytes(4, "little")
    yield Case("lzma that asks for a gigabyte", bytes(memory), "packing-malformed", "model.joblib")


@cache
def bomb(kind: str) -> bytes:
    """A few kilobytes that unpack to more than is free."""
    return PACK[kind](program(op("BINBYTES", (66 << 20).to_bytes(4, "little") + bytes(66 << 20))))


def state(**changes: bytes) -> bytes:
    """What a wrapper is told of its array."""
    said = {
        "subclass": named("numpy", "ndarray"),
        "shape": value((1,)),
        "order": value("C"),
        "dtype": call("numpy", "dtype", text("f8"), op("NEWFALSE"), op("NEWTRUE")),
        "allow_mmap": value(False),
        "numpy_array_alignment_bytes": value(16),
    } | changes
    return (
        op("EMPTY_DICT")
        + op("MARK")
        + b"".join(value(key) + said[key] for key in said if said[key])
        + op("SETITEMS")
    )


def wrapped(data: bytes = b"\0" * 9, **changes: bytes) -> bytes:
    """A file of one array."""
    return op("PROTO", b"\x04") + WRAPPER + state(**changes) + op("BUILD") + data + op("STOP")


def wrappers() -> Iterator[Case]:
    objects = call("numpy", "dtype", text("O8"), op("NEWFALSE"), op("NEWTRUE"))
    listed = {
        "without padding": (wrapped(numpy_array_alignment_bytes=value(None)), "joblib-malformed"),
        "of joblib 1.1": (wrapped(b"\0" * 8, numpy_array_alignment_bytes=b""), "joblib-malformed"),
        "with an operation for padding": (wrapped(b"." + b"\0" * 54), "joblib-malformed"),
        "with a call in its padding": (wrapped(b"\x10" + PAYLOAD[:16] + b"\0" * 8), "joblib-malformed"),
        "mapped from memory": (wrapped(subclass=named("numpy", "memmap")), "type-not-allowed"),
        "of another class": (wrapped(subclass=named("numpy.ma", "MaskedArray")), "joblib-malformed"),
        "in no order": (wrapped(order=value("K")), "joblib-malformed"),
        "of a negative shape": (wrapped(shape=value((-1,))), "array-malformed"),
        "of a shape of texts": (wrapped(shape=value(("1",))), "array-malformed"),
        "of a shape in a list": (wrapped(shape=value([1])), "joblib-malformed"),
        "of a shape of a hundred dimensions": (
            wrapped(shape=value((1,) * 60 + (1,) * 4 + (1,))),
            "joblib-malformed",
        ),
        "of exabytes": (wrapped(shape=value((1 << 30, 1 << 30))), "truncated"),
        "of no known type": (wrapped(dtype=value("f8")), "joblib-malformed"),
        "of a type that does not exist": (
            wrapped(dtype=call("numpy", "dtype", text("f7"), value(0), value(1))),
            "array-malformed",
        ),
        "of pointers": (wrapped(b"\0" * 9, dtype=objects), "pickle-malformed"),
        "of objects that call": (wrapped(PAYLOAD, dtype=objects), "type-not-allowed"),
        "of objects that call, protocol 0": (
            wrapped(f"cos\nsystem\n(V{TOUCH}\ntR.".encode(), dtype=objects),
            "type-not-allowed",
        ),
        "of objects that are cut off": (wrapped(pickle.dumps(["a"])[:-4], dtype=objects), "truncated"),
        "too short": (wrapped(b"\0" * 3), "truncated"),
        "too long": (wrapped(b"\0" * 12), "pickle-malformed"),
        "with more than a description": (wrapped(extra=value(1)), "joblib-malformed"),
        "described by a tuple": (program(WRAPPER + value((1,)) + op("BUILD")), "joblib-malformed"),
        "with a call after it": (
            wrapped()[:-1] + call("os", "system", text(TOUCH)) + op("TUPLE2") + b".",
            "type-not-allowed",
        ),
    }
    for what, (content, code) in listed.items():
        yield Case(f"an array {what}", content, code, "model.joblib")
    inside = WRAPPER + state() + op("BUILD")
    framed = op("PROTO", b"\x04") + op("FRAME", (len(inside) + 10).to_bytes(8, "little")) + inside
    yield Case("an array inside a frame", framed + b"\0" * 9 + op("STOP"), "pickle-malformed", "model.joblib")


def damaged() -> Iterator[Case]:
    whole = plain({"a": np.arange(30.0), "b": np.array(["x", None], dtype=object), "c": np.float64(2)})
    for size_bytes in range(20, len(whole), 45):
        yield Case(
            f"joblib cut off after {size_bytes} bytes", whole[:size_bytes], "truncated", "model.joblib"
        )
