"""One array against one declared input: element type, shape, finite numbers. All else is refused."""

import functools
import math
from typing import TYPE_CHECKING, Any

import msgspec

from .errors import ProtocolError
from .release import TensorSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ELEMENTS: dict[str, type] = {
    "BOOL": bool,
    "INT32": int,
    "INT64": int,
    "FP32": float,
    "FP64": float,
    "BYTES": str,
}
_DTYPES = {
    "BOOL": "bool",
    "INT32": "int32",
    "INT64": "int64",
    "FP32": "float32",
    "FP64": "float64",
    "BYTES": "O",
}
_DATATYPES = {"b": "BOOL", "U": "BYTES", "O": "BYTES", "S": "BYTES"}


def from_json(
    content: bytes | msgspec.Raw, spec: TensorSpec, shape: tuple[int, ...], field: str
) -> "NDArray[Any]":
    """The array in a protocol `data` field, flat or nested, as `spec` and `shape` want it.

    Args:
        content: JSON of the field.
        spec: the declared input.
        shape: the declared shape of this request, already compared with the input's.
        field: name of the field, for messages.

    Raises:
        ProtocolError: an element of another type, another number of elements, rows of different
            lengths, an infinity.
    """
    text = bytes(content)
    depth = len(shape) if text.lstrip()[1:].lstrip().startswith(b"[") else 1
    try:
        values = _decoder(spec.datatype, depth).decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProtocolError(_sentence(field, error)) from error
    array = _array(values, spec, field)
    if depth == 1 and array.size == math.prod(shape):
        return array.reshape(shape)
    if array.shape != shape:
        wanted = f"{math.prod(shape)} elements" if depth == 1 else f"shape {list(shape)}"
        found = array.size if depth == 1 else list(array.shape)
        raise ProtocolError(f"{field}: wanted {wanted}, found {found}")
    return array


def from_values(values: Any, spec: TensorSpec, field: str) -> "NDArray[Any]":
    """The array in plain nested lists, whose shape must suit `spec`.

    Raises:
        ProtocolError: as `from_json`, or another shape than declared.
    """
    try:
        checked = msgspec.convert(values, _nested(spec.datatype, len(spec.shape)))
    except (msgspec.ValidationError, RecursionError) as error:
        raise ProtocolError(_sentence(field, error)) from error
    array = _array(checked, spec, field)
    check_shape(array.shape, spec, field)
    return array


def from_array(array: "NDArray[Any]", spec: TensorSpec, field: str) -> "NDArray[Any]":
    """A given array, if it is as `spec` wants it; text comes back as an object array.

    Raises:
        ProtocolError: another element type or shape, or a number that is not finite.
    """
    if datatype_of(array.dtype) != spec.datatype:
        raise ProtocolError(f"{field}: wanted {spec.datatype}, found {datatype_of(array.dtype)}")
    check_shape(array.shape, spec, field)
    check_finite(array, field)
    return array.astype(object) if spec.datatype == "BYTES" else array


def check_shape(found: tuple[int, ...], spec: TensorSpec, field: str) -> None:
    """Compare a shape with the declared one; a column may also come as `[rows, 1]`.

    Raises:
        ProtocolError: it does not suit, or has no rows.
    """
    wanted = spec.shape if len(found) == len(spec.shape) else (*spec.shape, 1)
    fits = len(found) == len(wanted) and all(w in (-1, f) for w, f in zip(wanted, found, strict=True))
    if not fits or min(found, default=0) < 0:
        raise ProtocolError(f"{field}: wanted {list(spec.shape)}, found {list(found)}")
    if 0 in found:
        raise ProtocolError(f"{field}: wanted at least one row, found {list(found)}")


def datatype_of(dtype: "np.dtype[Any]") -> str:
    """The protocol's name of a NumPy element type."""
    number = {"f": "FP", "i": "INT", "u": "UINT"}.get(dtype.kind)
    return f"{number}{8 * dtype.itemsize}" if number else _DATATYPES.get(dtype.kind, str(dtype))


def _array(values: list[Any], spec: TensorSpec, field: str) -> "NDArray[Any]":
    import numpy as np

    if spec.datatype == "BYTES":
        return _texts(values, field)
    try:
        with np.errstate(over="ignore"):  # beyond float32 it becomes an infinity, which is refused below
            array = np.array(values, dtype=_DTYPES[spec.datatype])
    except OverflowError as error:
        raise ProtocolError(f"{field}: a number is too large for {spec.datatype}") from error
    except ValueError as error:
        raise ProtocolError(f"{field}: wanted rows of one length, found rows of different lengths") from error
    check_finite(array, field)
    return array


def _texts(values: list[Any], field: str) -> "NDArray[Any]":
    import numpy as np

    # Never through a fixed-width dtype: one long text would take its length in every row.
    array = np.array(values, dtype=object)
    if array.size and isinstance(array.flat[0], list):
        raise ProtocolError(f"{field}: wanted rows of one length, found rows of different lengths")
    return array


def check_finite(array: "NDArray[Any]", field: str) -> None:
    """Refuse numbers that JSON has not.

    Raises:
        ProtocolError: the message has the place of the first.
    """
    import numpy as np

    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    index = np.argwhere(~np.isfinite(array))[0].tolist()
    place = "".join(f"[{number}]" for number in index)
    raise ProtocolError(f"{field}{place}: wanted a finite number, found {array[tuple(index)]}")


def _sentence(field: str, error: Exception) -> str:
    """Msgspec ends its sentence with the path: "Expected `float`, got `str` - at `$[3]`"."""
    message, _, path = str(error).partition(" - at `$")
    return f"{field}{path.rstrip('`')}: {message[:1].lower()}{message[1:]}"


@functools.cache
def _decoder(datatype: str, depth: int) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(_nested(datatype, depth))


@functools.cache
def _nested(datatype: str, depth: int) -> Any:
    kind: Any = _ELEMENTS[datatype]
    for _ in range(depth):
        kind = list[kind]
    return kind
