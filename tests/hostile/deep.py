"""Values in each other without end, by every way there is, and texts that nobody asked for."""

import io
import struct
from collections.abc import Iterator
from typing import Any

import joblib
import numpy as np

from tests.hostile import onnxes, skopses
from tests.hostile.assembly import named, op, program, text
from tests.hostile.case import Case

_MANY = 5000


def cases() -> Iterator[Case]:
    """All of them."""
    for what, content in pickled().items():
        yield Case(f"pickle: {what}", program(content), "too-deep")
    filled = kept("EMPTY_LIST") + op("TUPLE1") + get(0) + get(0) + op("APPEND")
    yield Case("pickle: a list filled after it was taken in", program(filled), "pickle-malformed")
    yield Case("joblib: an array of what is deep", array_of_deep(), "too-deep", "model.joblib")
    for what, archive in archives().items():
        yield Case(f"skops: {what}", archive, "too-deep", "model.skops")
    for what, model in talkative().items():
        yield Case(f"ONNX: {what}", model, "too-large", "model.onnx")


def get(number: int) -> bytes:
    """A value from the memo."""
    return op("LONG_BINGET", struct.pack("<I", number))


def kept(name: str) -> bytes:
    """An empty container that is remembered."""
    return op(name) + op("MEMOIZE")


def pickled() -> dict[str, bytes]:
    """The bodies of pickles, each a short program for values that are deep."""
    bunch = named("sklearn.utils._bunch", "Bunch") + op("EMPTY_TUPLE") + op("NEWOBJ")
    return {
        "tuples in tuples": op("EMPTY_TUPLE") + op("TUPLE1") * 100_000,
        "tuples with more in them": op("EMPTY_TUPLE") + (text("a") + op("NONE") + op("TUPLE3")) * _MANY,
        "tuples of many": op("MARK") * _MANY + op("TUPLE") * _MANY,
        "lists in lists": op("EMPTY_LIST") * 50_000 + op("APPEND") * 49_999,
        "lists in lists, many at once": (op("EMPTY_LIST") + op("MARK")) * _MANY
        + op("NONE")
        + op("APPENDS") * _MANY,
        "dictionaries in dictionaries": (op("EMPTY_DICT") + text("a")) * _MANY
        + op("NONE")
        + op("SETITEM") * _MANY,
        "dictionaries as entries among others": (op("EMPTY_DICT") + op("MARK") + text("a")) * _MANY
        + op("NONE")
        + op("SETITEMS") * _MANY,
        "frozen sets in frozen sets": op("MARK") * _MANY + op("FROZENSET") * _MANY,
        "objects as the state of objects": bunch * _MANY + op("EMPTY_DICT") + op("BUILD") * _MANY,
        "each in the next, by the memo": kept("EMPTY_LIST")
        + b"".join(op("POP") + kept("EMPTY_LIST") + get(n) + op("APPEND") for n in range(_MANY)),
        "taken in while they are filled": taken_in_early(),
        "taken in while all of them are filled": taken_in_late(),
    }


def taken_in_early() -> bytes:
    """Lists ``A`` and tuples ``X`` of one ``A`` each, made before that ``A`` has the last ``X`` in it."""
    made, last = b"", None
    for number in range(0, 2 * _MANY, 2):
        list_with = get(last) + op("APPEND") if last is not None else b""
        made += kept("EMPTY_LIST") + get(number) + op("TUPLE1") + op("MEMOIZE") + op("POP") + list_with
        made += op("POP")
        last = number + 1
    return made + get(2 * _MANY - 1)


def taken_in_late() -> bytes:
    """The same, with every ``A`` and every ``X`` made before the first ``A`` is filled."""
    made = kept("EMPTY_LIST") * _MANY
    made += b"".join(get(n) + op("TUPLE1") + op("MEMOIZE") + op("POP") for n in reversed(range(_MANY)))
    return made + b"".join(op("POP") + get(_MANY + n) + op("APPEND") for n in range(_MANY - 1))


def array_of_deep() -> bytes:
    """joblib writes an array of objects as a pickle behind the array's place."""
    file = io.BytesIO()
    joblib.dump(np.array([1.5], dtype=object), file)
    number = op("BINFLOAT", struct.pack(">d", 1.5))
    return file.getvalue().replace(number, op("EMPTY_TUPLE") + op("TUPLE1") * _MANY)


def archives() -> dict[str, bytes]:
    """skops keeps values in each other by their place, or by the numbers of earlier ones."""
    chain = [nodes(1)] + [
        nodes(number, nodes(number - 1) | {"__loader__": "CachedNode"}) for number in range(2, _MANY)
    ]
    again = [nodes(1)] + [nodes(number, nodes(number - 1)) for number in range(2, _MANY)]
    seen = [{"__id__": f"deep {number}"} for number in range(_MANY)]
    return {
        "each in the next, by a reference": skopses.with_attribute("chain", nodes(0, *chain)),
        "each in the next, by its number": skopses.with_attribute("chain", nodes(0, *again)),
        "each in the next, by a number that no node had": skopses.with_attribute(
            "chain", {"__note__": seen} | nodes(0, *again)
        ),
    }


def nodes(number: int, *inner: dict[str, Any]) -> dict[str, Any]:
    """A tuple of these."""
    return skopses.node("builtins", "tuple", "TupleNode", content=list(inner)) | {"__id__": f"deep {number}"}


def talkative() -> dict[str, bytes]:
    """Models with megabytes of what computes nothing; in one place, or a little in each."""
    field, model, graph, long = onnxes.field, onnxes.model, onnxes.graph, "x" * 2_000_000
    each = [onnxes.node("Add", field(6, "y" * 1000)) for _ in range(2000)]
    return {
        "a property of forty megabytes": model(graph(), field(14, field(1, "a") + field(2, long * 20))),
        "many properties": model(graph(), *[field(14, field(1, "a") + field(2, long[:1000]))] * 2000),
        "a description": model(graph(field(10, long))),
        "descriptions of many nodes": model(graph(nodes=tuple(each))),
        "the name of a value": model(graph(nodes=(onnxes.node("Add", field(2, long)),))),
        "the name of a tensor's dimension": model(
            graph(
                field(
                    13, field(1, "v") + field(2, field(1, field(1, 1) + field(2, field(1, field(2, long)))))
                )
            )
        ),
    }
