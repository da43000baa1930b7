"""What a pickle moves about: just as much of each value as a rule asks about.

Numbers and short texts stand for themselves, small tuples and dictionaries hold their parts; all else is
known by its kind alone, so that a value costs no more memory than its bytes in the file.
"""

from enum import Enum
from typing import Any

import msgspec

from ona_pipeline.verify.walk.dtypes import Dtype


class Kind(Enum):
    """A value of which nothing more is kept."""

    SCALAR = "a number"
    TEXT = "a text"
    BYTES = "bytes"
    TUPLE = "a tuple"
    LIST = "a list"
    DICT = "a dictionary"
    SET = "a set"


class Name(msgspec.Struct, frozen=True):
    """Something imported: a class or a function, as ``module.name``."""

    text: str


class Made(msgspec.Struct, frozen=True):
    """An object that the named class or function made."""

    by: str


class Tuple(msgspec.Struct, frozen=True):
    """A small tuple; `depth` is how many such values are nested in it, itself included."""

    items: tuple[Any, ...]
    depth: int


class Dict(msgspec.Struct, frozen=True):
    """A dictionary: its entries where they are few and keyed by short texts; any key like ``__class__``."""

    entries: dict[str, Any] | None
    depth: int
    special: str = ""


Value = Kind | Name | Made | Tuple | Dict | Dtype | str | int | bool | None
_MOST_ITEMS = 64
_DEPTH = 4
_SHORT = 256


def tuple_of(items: list[Value]) -> Value:
    """A tuple of these, with its parts where it is small."""
    depth = 1 + max(map(_depth, items), default=0)
    return Tuple(tuple(items), depth) if len(items) <= _MOST_ITEMS and depth <= _DEPTH else Kind.TUPLE


def dict_with(old: Dict, items: list[Value]) -> Dict:
    """The dictionary `old` after keys and values, which alternate in `items`, were put into it."""
    keys = items[::2]
    special = next((key for key in keys if isinstance(key, str) and is_special(key)), old.special)
    depth = max(old.depth, 1 + max(map(_depth, items), default=0))
    entries = None
    if old.entries is not None and len(old.entries) + len(keys) <= _MOST_ITEMS and depth <= _DEPTH:
        entries = dict(old.entries)
        entries.update((key, value) for key, value in zip(keys, items[1::2], strict=True) if type(key) is str)
    return Dict(entries, depth, special)


EMPTY = Dict({}, 1)


def is_special(key: str) -> bool:
    """Whether Python itself gives this attribute a meaning."""
    return key.startswith("__") and key.endswith("__")


def can_grow(value: Value) -> bool:
    """Whether more may be put into it after it was made."""
    return isinstance(value, Dict | Made | Dtype) or value in (Kind.LIST, Kind.DICT, Kind.SET)


def text_of(text: str) -> Value:
    """A text, kept where it is short."""
    return text if len(text) <= _SHORT else Kind.TEXT


def without_parts(value: Value) -> Value:
    """The same value, known by its kind alone."""
    if isinstance(value, str):
        return Kind.TEXT
    if isinstance(value, Tuple):
        return Kind.TUPLE
    if isinstance(value, Dict):
        return Kind.DICT
    return Kind.SCALAR if isinstance(value, int) else value


def said(value: Value) -> str:
    """The value in a sentence."""
    if isinstance(value, Kind):
        return value.value
    if isinstance(value, Name):
        return value.text
    return f"something made by {value.by}" if isinstance(value, Made) else type(value).__name__.lower()


def _depth(value: Value) -> int:
    return value.depth if isinstance(value, Tuple | Dict) else 0
