"""One JSON form for every record: keys sorted, no spaces, UTF-8; so equal records have equal digests."""

from typing import Any, TypeVar

import msgspec

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.reference import PinnedReference

T = TypeVar("T")
_TEXTS = (Digest, PinnedReference)


def encode(record: Any) -> bytes:
    """The canonical JSON of a record."""
    return msgspec.json.encode(record, enc_hook=_to_builtin, order="sorted")


def decode(content: bytes | str, kind: type[T]) -> T:
    """Read a record of type `kind`.

    Raises:
        msgspec.ValidationError: the JSON is not a record of that type; the message names the field's path.
    """
    return msgspec.json.decode(content, type=kind, dec_hook=_from_builtin)


def convert(data: Any, kind: type[T]) -> T:
    """Make a record of type `kind` from plain dicts, lists and scalars, such as parsed TOML.

    Raises:
        msgspec.ValidationError: the data is not such a record; the message names the path to the field.
    """
    return msgspec.convert(data, type=kind, dec_hook=_from_builtin)


def to_plain(record: Any) -> Any:
    """The record as plain dicts, lists and scalars, in the shape that its JSON has."""
    return msgspec.to_builtins(record, enc_hook=_to_builtin, order="sorted")


def digest_of(record: Any) -> Digest:
    """The digest of the record's canonical JSON."""
    return Digest.of(encode(record))


def _to_builtin(value: Any) -> Any:
    if isinstance(value, _TEXTS):
        return str.__str__(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")


def _from_builtin(kind: type, value: Any) -> Any:
    if kind in _TEXTS:
        return kind(value)
    raise TypeError(f"no JSON form for {kind.__name__}")
