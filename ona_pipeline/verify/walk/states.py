"""What an object may be given as its state: no attributes of Python's own, no bytes read as pointers."""

from collections.abc import Mapping
from typing import Any

from ona_pipeline.verify.walk.calls import NDARRAY
from ona_pipeline.verify.walk.dtypes import Dtype
from ona_pipeline.verify.walk.interface import MalformedError
from ona_pipeline.verify.walk.values import Dict, Kind, Made, Tuple, Value, said

_ARRAYS = {NDARRAY, "numpy.ma.MaskedArray"}
_SIZED = ("V", "U", "S")
# numpy/_core/include/numpy/ndarraytypes.h: NPY_ITEM_REFCOUNT, NPY_LIST_PICKLE, NPY_ITEM_IS_POINTER.
_OBJECT_FLAGS = 0x07
_ALL_OBJECT_FLAGS = 63
_READS_FILES = {"input": {"filename", "file"}}


def built(target: Value, state: Value) -> Value:
    """What `target` is after its state was set.

    Raises:
        MalformedError: it is nothing that has a state, or not such a state.
    """
    if isinstance(target, Dtype):
        return _dtype(target, state)
    if not isinstance(target, Made):
        raise _refused(f"a state set on {said(target)}", "the state of an object")
    if target.by in _ARRAYS:
        _array(state)
        return target
    for part in state.items if isinstance(state, Tuple) else (state,):
        if part is Kind.DICT or part is Kind.TUPLE:
            raise _refused(f"the state of {target.by} written elsewhere", "the state beside its object")
        if isinstance(part, Dict):
            attributes(target.by, part.entries or {}, part.special)
    return target


def attributes(owner: str, entries: Mapping[str, Any], special: str) -> None:
    """Judge the attributes that an object is given.

    Args:
        owner: ``module.Class`` of the object.
        entries: attributes and their values, as far as they are known.
        special: one among all of them that Python itself gives a meaning, such as ``__class__``.

    Raises:
        MalformedError: there is a special one, or one that makes a model open what a request names.
    """
    if special:
        raise _refused(f"{owner}.{special} set", "ordinary attributes")
    for key, values in _READS_FILES.items():
        found = entries.get(key)
        if isinstance(found, str) and found in values:
            raise _refused(
                f"{owner}.{key} = {found!r}: it would open what a request names", "texts given in requests"
            )


def _array(state: Value) -> None:
    """(version, shape, element type, is Fortran, data); the array's own `__setstate__` compares the sizes."""
    items: tuple[Any, ...] = state.items if isinstance(state, Tuple) else ()
    if len(items) < 5 or not isinstance(items[2], Dtype):  # noqa: PLR2004  ndarray.__reduce__
        raise _refused("an array without an element type", "an array as NumPy writes it")
    if items[2].is_object is not (items[4] is Kind.LIST):
        raise _refused(
            "bytes in the place of objects, or objects in the place of bytes", "an array's elements"
        )


def _dtype(dtype: Dtype, state: Value) -> Dtype:
    """(version, order, base, names, fields, size, alignment, flags): no flag may make pointers of bytes."""
    items: tuple[Any, ...] = state.items if isinstance(state, Tuple) else ()
    if len(items) not in {8, 9} or type(items[5]) is not int or type(items[7]) is not int:
        raise _refused("the state of an element type", "one that NumPy writes")
    _, _, base, names, fields, size_bytes, _, flags = items[:8]
    if dtype.is_object:
        if (base, names, fields, flags) != (None, None, None, _ALL_OBJECT_FLAGS):
            raise _refused(f"an object type with flags {flags}", "objects that are counted")
        return dtype
    if flags < 0 or flags & _OBJECT_FLAGS:
        raise _refused(f"a plain type with flags {flags}", "an element type without objects")
    if size_bytes not in (-1, dtype.size_bytes) or (size_bytes < 0 and dtype.code.strip("<>|=")[0] in _SIZED):
        raise _refused(f"{dtype.code} of {size_bytes} bytes", "the size that its code says")
    if base is not None and not _is_plain(base):
        raise _refused("an array type of objects", "an element type without objects")
    if fields is not None:
        _fields(fields, dtype.size_bytes)
    return dtype


def _fields(fields: Value, size_bytes: int) -> None:
    entries = fields.entries if isinstance(fields, Dict) else None
    if entries is None:
        raise _refused("too many fields, or fields written elsewhere", "at most 64 fields beside their type")
    for name, field in entries.items():
        is_inside = (
            isinstance(field, Tuple)
            and _is_plain(field)
            and type(field.items[1]) is int
            and 0 <= field.items[1] <= size_bytes - field.items[0].size_bytes
        )
        if not is_inside:
            raise _refused(f"the field {name!r} outside its structure, or of objects", "plain fields")


def _is_plain(value: Any) -> bool:
    return (
        isinstance(value, Tuple)
        and len(value.items) >= 2  # noqa: PLR2004  a type and where it is, or how often
        and isinstance(value.items[0], Dtype)
        and not value.items[0].is_object
    )


def _refused(found: str, wanted: str) -> MalformedError:
    return MalformedError("state-not-allowed", found, wanted=wanted)
