"""What a pickle may call, and with what: fewer things than it may name; none looks up, imports or opens."""

from collections.abc import Callable
from typing import Any

from ona_pipeline.verify.walk import dtypes
from ona_pipeline.verify.walk.dtypes import Dtype
from ona_pipeline.verify.walk.interface import MalformedError
from ona_pipeline.verify.walk.values import Dict, Kind, Made, Name, Tuple, Value

NDARRAY = "numpy.ndarray"
# Calling one of these makes an empty instance of its first argument, as the operation NEWOBJ does.
EMPTY_INSTANCE = {
    "copyreg._reconstructor",
    "sklearn.metrics._dist_metrics.newObj",
    "sklearn.neighbors._kd_tree.newObj",
    "sklearn.neighbors._ball_tree.newObj",
}
_BIT_GENERATOR = "numpy.random._pickle.__bit_generator_ctor"
_EXTENSION = ".__pyx_unpickle_"
_BUILT_IN = ("builtins.", "numpy.")


def made_by(name: str, arguments: Value) -> Value:
    """What calling `name` gives.

    Raises:
        MalformedError: no pickler calls it with such arguments.
    """
    if not isinstance(arguments, Tuple):
        raise MalformedError("call-not-allowed", f"{name} called with {arguments!r:.60}", wanted="a tuple")
    items = arguments.items
    if name in EMPTY_INSTANCE or _EXTENSION in name:
        return empty_instance(_first_name(name, items))
    check = _CALLS.get(name)
    return check(name, items) if check else Made(name)


def empty_instance(kind: str) -> Value:
    """What `kind.__new__(kind)` gives.

    Raises:
        MalformedError: a type of Python or NumPy itself, whose `__new__` takes memory, buffers or file names.
    """
    if kind.startswith(_BUILT_IN) and kind not in _EMPTY_OF_NUMPY:
        raise _refused(f"{kind}.__new__", "a call that a pickler writes")
    return Made(kind)


def _first_name(name: str, items: tuple[Any, ...]) -> str:
    if not items or not isinstance(items[0], Name):
        raise _refused(name, "the name of a class first")
    if name == "copyreg._reconstructor" and not _is_base(items[1:]):
        raise _refused(name, "builtins.object and None, or builtins.dict and its entries")
    return items[0].text


def _is_base(rest: tuple[Any, ...]) -> bool:
    """What an instance is made of under protocols 0 and 1: nothing, or the dictionary that it also is."""
    is_dict = len(rest) == 2 and (isinstance(rest[1], Dict) or rest[1] is Kind.DICT)  # noqa: PLR2004
    return rest == (Name("builtins.object"), None) or (is_dict and rest[0] == Name("builtins.dict"))


def _dtype(name: str, items: tuple[Any, ...]) -> Value:
    if len(items) != 3 or not isinstance(items[0], str) or not all(flag in (0, 1) for flag in items[1:]):  # noqa: PLR2004  its reduce
        raise _refused(name, "a code and two flags")
    return dtypes.parse(items[0])


def _reconstruct(name: str, items: tuple[Any, ...]) -> Value:
    if items != (Name(NDARRAY), Tuple((0,), 1), Kind.BYTES) and items != (
        Name(NDARRAY),
        Tuple((0,), 1),
        Made("_codecs.encode"),
    ):
        raise _refused(name, f"{NDARRAY}, (0,) and b'b'")
    return Made(NDARRAY)


def _reconstruct_masked(name: str, items: tuple[Any, ...]) -> Value:
    wanted = (Name("numpy.ma.MaskedArray"), Name(NDARRAY), Tuple((0,), 1))
    if items[:3] != wanted or items[3:] not in (("b",), (Kind.BYTES,)):
        raise _refused(name, "numpy.ma.MaskedArray, numpy.ndarray, (0,) and 'b'")
    return Made("numpy.ma.MaskedArray")


def _scalar(name: str, items: tuple[Any, ...]) -> Value:
    if len(items) != 2 or not _is_plain(items[0]) or not _is_bytes(items[1]):  # noqa: PLR2004  its reduce
        raise _refused(name, "an element type without objects, and bytes")
    return Made(name)


def _from_buffer(name: str, items: tuple[Any, ...]) -> Value:
    if len(items) != 4 or not _is_bytes(items[0]) or not _is_plain(items[1]):  # noqa: PLR2004  its reduce
        raise _refused(name, "bytes and an element type without objects")
    return Made(NDARRAY)


def _encode(name: str, items: tuple[Any, ...]) -> Value:
    # Protocols 0 to 2 have no bytes: they are written as Latin-1 text.
    if len(items) != 2 or items[1] != "latin1":  # noqa: PLR2004  its reduce
        raise _refused(name, "a text and 'latin1'")
    return Made(name)


def _container(name: str, items: tuple[Any, ...]) -> Value:
    if items and not all(item in (Kind.LIST, Kind.TEXT, "latin-1") or _is_plain_text(item) for item in items):
        raise _refused(name, "a list, or nothing")
    return Made(name)


def _generator(name: str, items: tuple[Any, ...]) -> Value:
    # NumPy 1 gives the bit generator's name, and the function that makes it.
    if len(items) > 1 and items[1:] != (Name(_BIT_GENERATOR),):
        raise _refused(name, "NumPy's own constructor of bit generators")
    if not items or not _is_bit_generator(items[0].by if isinstance(items[0], Made) else items[0]):
        raise _refused(name, "one bit generator")
    return Made(name)


def _bit_generator(name: str, items: tuple[Any, ...]) -> Value:
    kind = items[0].text if len(items) == 1 and isinstance(items[0], Name) else "".join(map(str, items))
    if not _is_bit_generator(kind):
        raise _refused(name, "the class of one bit generator")
    return Made(kind)


def _factory(name: str, items: tuple[Any, ...]) -> Value:
    allowed = (None, *(Name(f"builtins.{kind}") for kind in ("list", "dict", "set", "int", "float", "str")))
    if len(items) > 1 or (items and items[0] not in allowed):
        raise _refused(name, "a container or number of Python as the factory")
    return Made(name)


def _is_plain(value: Any) -> bool:
    return isinstance(value, Dtype) and not value.is_object


def _is_bytes(value: Any) -> bool:
    return value is Kind.BYTES or value in (Made("_codecs.encode"), Made("builtins.bytes"))


def _is_plain_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_bit_generator(name: Any) -> bool:
    return isinstance(name, str) and name.rpartition(".")[2] in {
        "MT19937",
        "PCG64",
        "PCG64DXSM",
        "Philox",
        "SFC64",
    }


def _refused(name: str, wanted: str) -> MalformedError:
    return MalformedError("call-not-allowed", f"{name} called otherwise", wanted=wanted)


_EMPTY_OF_NUMPY = {"numpy.random.bit_generator.SeedSequence"}
_CALLS: dict[str, Callable[[str, tuple[Any, ...]], Value]] = {
    "numpy.dtype": _dtype,
    "numpy._core.multiarray._reconstruct": _reconstruct,
    "numpy.core.multiarray._reconstruct": _reconstruct,
    "numpy._core.multiarray.scalar": _scalar,
    "numpy.core.multiarray.scalar": _scalar,
    "numpy._core.numeric._frombuffer": _from_buffer,
    "numpy.core.numeric._frombuffer": _from_buffer,
    "numpy.ma.core._mareconstruct": _reconstruct_masked,
    "numpy.random._pickle.__randomstate_ctor": _generator,
    "numpy.random._pickle.__generator_ctor": _generator,
    "numpy.random._pickle.__bit_generator_ctor": _bit_generator,
    "_codecs.encode": _encode,
    "builtins.set": _container,
    "builtins.frozenset": _container,
    "builtins.bytearray": _container,
    "builtins.bytes": _container,
    "collections.defaultdict": _factory,
}
