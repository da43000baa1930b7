"""The element type of an array, however it is written: its size, and whether it is an object."""

import re
from typing import Any

import msgspec

from ona_pipeline.verify.walk.interface import MalformedError

_CODE = re.compile(r"[<>|=]?([biufcmMOSUVa?])(\d{0,9})(\[[\w/]{1,20}\])?\Z")
_UNSIZED = {"O": 8, "?": 1, "b": 1}
_ALLOWED = {"b": {1}, "i": {1, 2, 4, 8}, "u": {1, 2, 4, 8}, "f": {2, 4, 8, 12, 16}, "c": {8, 16, 24, 32}}
_DEPTH = 8


class Dtype(msgspec.Struct, frozen=True):
    """One element of an array.

    Attributes:
        code: as it was written, such as ``<f8``; ``V64`` for a structure.
        size_bytes: of one element.
        is_object: whether elements, or parts of them, are references to Python objects.
    """

    code: str
    size_bytes: int
    is_object: bool


def parse(code: str) -> Dtype:
    """The element type that NumPy writes as `code`, such as ``f8``, ``<U10`` or ``|O``.

    Raises:
        MalformedError: NumPy writes no such code.
    """
    match = _CODE.match(code)
    if match is None:
        raise MalformedError("array-malformed", f"the element type {code[:40]!r}")
    kind, digits, unit = match.groups()
    count = int(digits) if digits else _UNSIZED.get(kind, 1)
    if kind in _ALLOWED and count not in _ALLOWED[kind]:
        raise MalformedError("array-malformed", f"the element type {code!r}")
    if unit and kind not in "mM":
        raise MalformedError("array-malformed", f"the element type {code!r}")
    size_bytes = {"U": 4 * count, "m": 8, "M": 8, "O": 8, "?": 1}.get(kind, count)
    return Dtype(code, size_bytes, kind == "O")


def parse_descr(descr: Any, depth: int = 0) -> Dtype:
    """The same from the ``descr`` of an ``.npy`` header: a code, or a list of ``(name, descr[, shape])``.

    Raises:
        MalformedError: it is neither, or is nested without end.
    """
    if isinstance(descr, str):
        return parse(descr)
    if not isinstance(descr, list) or not descr or depth > _DEPTH:
        raise MalformedError("array-malformed", "an element type that is neither a code nor a list of fields")
    fields = [_field(field, depth) for field in descr]
    return Dtype("V", sum(field.size_bytes for field in fields), any(field.is_object for field in fields))


def _field(field: Any, depth: int) -> Dtype:
    if not isinstance(field, tuple) or len(field) not in {2, 3} or not isinstance(field[0], str):
        raise MalformedError("array-malformed", "a field that is no pair of name and element type")
    inner = parse_descr(field[1], depth + 1)
    count = elements(field[2]) if len(field) > 2 else 1  # noqa: PLR2004  name, descr, shape
    return Dtype(inner.code, inner.size_bytes * count, inner.is_object)


def elements(shape: Any) -> int:
    """How many elements an array of this shape has.

    Raises:
        MalformedError: the shape is no tuple of whole numbers, or has more dimensions than NumPy allows.
    """
    if not isinstance(shape, tuple) or len(shape) > _DIMENSIONS:
        raise MalformedError("array-malformed", "a shape that is no tuple of at most 64 numbers")
    count = 1
    for size in shape:
        if type(size) is not int or not 0 <= size < 1 << 63:
            raise MalformedError("array-malformed", f"the shape {str(shape)[:80]}")
        count *= size
    return count


_DIMENSIONS = 64
