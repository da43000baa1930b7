"""The wire format of protocol buffers, strictly: known fields only, each once unless it repeats.

Source: protobuf.dev, "Encoding". Readers merge a message that is given twice and skip fields that they do not
know; both let one file mean two things, and honest writers do neither.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from ona_pipeline.verify.walk.interface import MalformedError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WIRE = {"int": _VARINT, "f32": _FIXED32, "f64": _FIXED64}
_FREE_BYTES = {"str": 1024, "words": 0}
_DEPTH = 64
_KEPT = 65
_CONTINUED = bytes(range(0x80, 0x100))


class Field(msgspec.Struct, frozen=True):
    """One field of a message: its name, what it holds, and whether it may come more than once.

    `kind` is ``int``, ``f32``, ``f64``, ``bytes``, ``str`` for a name, ``words`` for a text that nothing is
    called by, or the name of a message.
    """

    name: str
    kind: str
    repeats: bool = False


Messages = Mapping[str, Mapping[int, Field]]


class Message(msgspec.Struct):
    """A message that was walked through.

    Attributes:
        kind: its name in the table of messages.
        values: of the fields that come once; those of inner messages are their bytes.
        counts: how often each field came; of numbers, packed or not, how many there are.
        numbers: the first of the whole numbers in fields that repeat.
        words_bytes: what its words take, and its names beyond their first 1024 bytes, UTF-8.
    """

    kind: str
    values: dict[str, Any]
    counts: Counter[str]
    numbers: dict[str, list[int]]
    words_bytes: int = 0


def walk(
    content: memoryview, kind: str, messages: Messages, judge: Callable[[Message], None], depth: int = 0
) -> None:
    """Walk through a message and all within it; `judge` is told of each when its end is reached.

    Raises:
        MalformedError: a field is unknown, given twice, of another type, or runs over the end.
    """
    if depth > _DEPTH:
        raise _malformed("messages nested without end")
    found = Message(kind, {}, Counter(), {})
    for field, value in fields(content, messages[kind]):
        if found.counts[field.name] and not field.repeats:
            raise _malformed(f"{kind}.{field.name} given twice")
        if field.kind in messages:
            walk(value, field.kind, messages, judge, depth + 1)
        _keep(found, field, value)
    judge(found)


def fields(content: memoryview, known: Mapping[int, Field]) -> Iterator[tuple[Field, Any]]:
    """Each field of a message with its value; what is in inner messages is not looked at.

    Raises:
        MalformedError: a field is unknown, of another type, or runs over the end.
    """
    at = 0
    while at < len(content):
        tag, at = varint(content, at)
        field = known.get(tag >> 3)
        if field is None:
            raise _malformed(f"the field {tag >> 3}, which is not part of the format")
        wire = tag & 7
        is_packed = wire == _BYTES and field.repeats and field.kind in _WIRE
        if wire != _WIRE.get(field.kind, _BYTES) and not is_packed:
            raise _malformed(f"{field.name} of another type")
        value, at = _value(content, at, wire)
        yield field, _text(value) if field.kind in _FREE_BYTES else value


def varint(content: memoryview, at: int) -> tuple[int, int]:
    """The number that begins at `at`, and where it ends.

    Raises:
        MalformedError: it does not end within ten bytes, or the message does before it.
    """
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(content):
            raise MalformedError("truncated", "its end within a number")
        byte = content[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004  the last byte has no continuation bit
            return number, at
    raise _malformed("a number of more than ten bytes")


def _keep(message: Message, field: Field, value: Any) -> None:
    if not field.repeats:
        message.values[field.name] = value
    is_packed = field.repeats and field.kind in _WIRE and isinstance(value, memoryview)
    message.counts[field.name] += _count(value, field.kind) if is_packed else 1
    if field.kind in _FREE_BYTES:
        message.words_bytes += max(0, len(value.encode()) - _FREE_BYTES[field.kind])
    if field.repeats and field.kind == "int":
        kept = message.numbers.setdefault(field.name, [])
        kept += [value] if isinstance(value, int) else _unpacked(value) if len(kept) < _KEPT else []
        del kept[_KEPT:]


def _count(packed: memoryview, kind: str) -> int:
    if kind == "int":
        return sum(
            len(bytes(packed[at : at + (1 << 20)]).translate(None, _CONTINUED))
            for at in range(0, len(packed), 1 << 20)
        )
    size_bytes = 4 if kind == "f32" else 8
    # A single number that is not packed has just that size, too.
    if len(packed) % size_bytes:
        raise _malformed("packed numbers of another size")
    return len(packed) // size_bytes


def _unpacked(packed: memoryview) -> list[int]:
    found: list[int] = []
    at = 0
    while at < len(packed) and len(found) < _KEPT:
        number, at = varint(packed, at)
        found.append(number)
    return found


def _value(content: memoryview, at: int, wire: int) -> tuple[Any, int]:
    if wire == _VARINT:
        return varint(content, at)
    size_bytes = {_FIXED32: 4, _FIXED64: 8}.get(wire, 0)
    if wire == _BYTES:
        size_bytes, at = varint(content, at)
    if at + size_bytes > len(content):
        raise MalformedError("truncated", "its end within a field")
    return content[at : at + size_bytes], at + size_bytes


def _text(value: memoryview) -> str:
    try:
        return str(value, "utf-8")
    except UnicodeDecodeError as error:
        raise _malformed("a text that is not UTF-8") from error


def _malformed(found: str) -> MalformedError:
    return MalformedError("onnx-malformed", found, wanted="an ONNX model")
