"""Arrays in NumPy's own format, and archives of them."""

import io
import pickle
import struct
import zipfile
from collections.abc import Iterator
from typing import Any, cast

import numpy as np

from tests.hostile.case import CANARY, Case
from tests.hostile.pickles import PAYLOAD

PLAIN = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"


def cases() -> Iterator[Case]:
    """All of them."""
    yield from headers()
    yield from sizes()
    yield from archives()


def array(header: str, data: bytes = b"\0" * 16, version: tuple[int, int] = (1, 0), end: str = "\n") -> bytes:
    """An array with any header."""
    content = (header + end).encode("latin1" if version < (3, 0) else "utf-8")
    length = struct.pack("<H" if version == (1, 0) else "<I", len(content))
    return b"\x93NUMPY" + bytes(version) + length + content + data


def saved(*values: object, **named: object) -> bytes:
    """What NumPy writes."""
    written = io.BytesIO()
    if named:
        np.savez(written, **cast("Any", named))
    else:
        np.save(written, cast("Any", values[0]), allow_pickle=True)
    return written.getvalue()


def headers() -> Iterator[Case]:
    def with_descr(descr: str) -> str:
        return PLAIN.replace("'<f8'", descr)

    def with_shape(shape: str) -> str:
        return PLAIN.replace("(2,)", shape)

    malformed = {
        "a call": f"__import__('os').system('touch {CANARY}')",
        "a call as a value": with_descr(f"__import__('os').system('touch {CANARY}')"),
        "a comprehension": with_shape("tuple(x for x in ())"),
        "a lambda": with_shape("(lambda: 2)()"),
        "a walrus": with_shape("(x := 2,)"),
        "a name": with_descr("float"),
        "nothing": "",
        "a list": "['<f8', False, (2,)]",
        "a key too many": PLAIN.replace("}", "'more': 1}"),
        "a key too few": "{'descr': '<f8', 'shape': (2,), }",
        "no end of a dictionary": PLAIN[:-1],
        "brackets without end": "(" * 3000,
        "signs without end": "-" * 3000 + "1",
        "an order that is a number": PLAIN.replace("False", "0"),
        "a shape that is a list": with_shape("[2]"),
        "a shape that is a number": with_shape("2"),
        "a negative shape": with_shape("(-2,)"),
        "a shape of truth": with_shape("(True,)"),
        "a shape of floats": with_shape("(2.0,)"),
        "a shape of 65 dimensions": with_shape("(" + "1," * 65 + ")"),
        "a shape past 64 bits": with_shape("(9223372036854775808,)"),
        "a type of another letter": with_descr("'<z8'"),
        "a type of no size": with_descr("'<f7'"),
        "a type in bytes": with_descr("b'<f8'"),
        "a type that is a tuple": with_descr("('<f8',)"),
        "no fields": with_descr("[]"),
        "a field without a type": with_descr("[('a',)]"),
        "a field that is a text": with_descr("['a']"),
        "fields nested without end": with_descr("[('a', " * 12 + "'<f8'" + ")]" * 12),
        "spaces of kilobytes": PLAIN + " " * 11_000,
    }
    for what, header in malformed.items():
        yield Case(f"an array's header: {what}", array(header), "array-malformed", "model.npy")
    yield Case("a header without a line's end", array(PLAIN, end=""), "array-malformed", "model.npy")
    for version in ((0, 0), (1, 1), (4, 0), (255, 255)):
        yield Case(
            f"an array of version {version}", array(PLAIN, version=version), "array-malformed", "model.npy"
        )
    yield Case(
        "a header in no script",
        array(PLAIN, version=(3, 0)).replace(b"descr", b"\xff\xfescr"),
        "array-malformed",
        "model.npy",
    )
    for version in ((2, 0), (3, 0)):
        long = b"\x93NUMPY" + bytes(version) + b"\xff\xff\xff\x7f" + PLAIN.encode()
        yield Case(f"a header of gigabytes, version {version}", long, "array-malformed", "model.npy")


def sizes() -> Iterator[Case]:
    objects = {
        "of objects": saved(np.array([{}, []], dtype=object)),
        "of one object": saved(np.array({}, dtype=object)),
        "of a payload": array(PLAIN.replace("<f8", "|O"), PAYLOAD),
        "of objects in big-endian order": array(PLAIN.replace("<f8", ">O"), PAYLOAD),
        "of records with objects": array(PLAIN.replace("'<f8'", "[('a', '<f8'), ('b', '|O')]"), PAYLOAD),
        "of objects within records": array(PLAIN.replace("'<f8'", "[('a', [('b', '|O', (2,))])]"), PAYLOAD),
    }
    for what, content in objects.items():
        yield Case(f"an array {what}", content, "array-of-objects", "model.npy")
    whole = saved(np.arange(6.0))
    for what, content in {
        "one byte short": whole[:-1],
        "of nothing": array(PLAIN, b""),
        "of exabytes": array(PLAIN.replace("(2,)", "(4611686018427387904, 2)")),
        "without its header": whole[:9],
        "of its magic alone": whole[:6],
    }.items():
        yield Case(f"an array {what}", content, "truncated", "model.npy")
    for what, content in {
        "and one byte": whole + b"\0",
        "and a pickle": whole + PAYLOAD,
        "and another array": whole + whole,
        "of no elements, and some": array(PLAIN.replace("(2,)", "(0,)")),
    }.items():
        yield Case(f"an array {what}", content, "trailing-bytes", "model.npy")


def archives() -> Iterator[Case]:
    objects = saved(a=np.arange(3), b=np.array([{}], dtype=object))
    yield Case("an archive with an array of objects", objects, "array-of-objects", "model.npz")
    for what, content, code in (
        ("of a pickle", PAYLOAD, "array-malformed"),
        ("of nothing", b"", "truncated"),
        ("and something", saved(np.arange(3)) + b"x", "trailing-bytes"),
        ("of a pickled list", pickle.dumps([1]), "array-malformed"),
    ):
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w") as archive:
            archive.writestr("a.npy", content)
        yield Case(f"an archive with an array {what}", written.getvalue(), code, "model.npz")
