"""The operations that put one value on the stack, and how each reads it from the file."""

import re
from codecs import getincrementaldecoder
from collections.abc import Callable

from ona_pipeline.verify.walk import opcodes
from ona_pipeline.verify.walk.interface import MalformedError
from ona_pipeline.verify.walk.nested import holds_pickle
from ona_pipeline.verify.walk.reader import CHUNK_BYTES, Reader
from ona_pipeline.verify.walk.values import EMPTY, Kind, Tuple, Value, text_of

_INT = re.compile(rb"-?\d{1,4000}\Z")
_FLOAT = re.compile(rb"-?(\d+(\.\d*)?(e[+-]?\d+)?|inf|nan)\Z")
_LONGEST_NUMBER = 1 << 13
_EMPTY_TUPLE = Tuple((), 1)
_SUSPICIOUS = frozenset(b"\x80c(iP\x82")

Read = Callable[[], Value]


def values_of(reader: Reader, protocol: int) -> dict[int, Read]:
    """For each operation of the protocol that puts a value on the stack: what reads the value."""
    take = reader.take
    all_of_them: dict[str, Read] = {
        "NONE": lambda: None,
        "NEWTRUE": lambda: True,
        "NEWFALSE": lambda: False,
        "EMPTY_TUPLE": lambda: _EMPTY_TUPLE,
        "EMPTY_LIST": lambda: Kind.LIST,
        "EMPTY_DICT": lambda: EMPTY,
        "EMPTY_SET": lambda: Kind.SET,
        "BININT": lambda: int.from_bytes(take(4), "little", signed=True),
        "BININT1": lambda: take(1)[0],
        "BININT2": lambda: int.from_bytes(take(2), "little"),
        "LONG1": lambda: _scalar(take(take(1)[0])),
        "LONG4": lambda: _long(reader),
        "BINFLOAT": lambda: _scalar(take(8)),
        "INT": lambda: _int(reader),
        "LONG": lambda: _number(reader, b"L", _INT),
        "FLOAT": lambda: _number(reader, b"", _FLOAT),
        "UNICODE": lambda: _line(reader),
        "SHORT_BINUNICODE": lambda: _text(reader, take(1)[0]),
        "BINUNICODE": lambda: _text(reader, _size(reader, 4)),
        "BINUNICODE8": lambda: _text(reader, _size(reader, 8)),
        "SHORT_BINBYTES": lambda: _bytes(take(take(1)[0])),
        "BINBYTES": lambda: _bytes(reader.skip(_size(reader, 4))),
        "BINBYTES8": lambda: _bytes(reader.skip(_size(reader, 8))),
        "BYTEARRAY8": lambda: _bytes(reader.skip(_size(reader, 8))),
    }
    return {code: all_of_them[name] for code, name in opcodes.written(protocol) if name in all_of_them}


def _size(reader: Reader, width: int) -> int:
    return int.from_bytes(reader.take(width), "little")


def _scalar(_: bytes) -> Value:
    return Kind.SCALAR


def _long(reader: Reader) -> Value:
    size_bytes = int.from_bytes(reader.take(4), "little", signed=True)
    if not 0 <= size_bytes <= _LONGEST_NUMBER:
        raise MalformedError("pickle-malformed", f"a number of {size_bytes} bytes")
    return _scalar(reader.take(size_bytes))


def _int(reader: Reader) -> Value:
    line, _ = reader.line()
    if line in {b"00", b"01"}:
        return line == b"01"
    if not _INT.match(line):
        raise MalformedError("pickle-malformed", f"the number {line[:40]!r}")
    return int(line) if len(line) < 18 else Kind.SCALAR  # noqa: PLR2004  64 bits


def _number(reader: Reader, suffix: bytes, pattern: re.Pattern[bytes]) -> Value:
    line, _ = reader.line()
    if not line.endswith(suffix) or not pattern.match(line.removesuffix(suffix)):
        raise MalformedError("pickle-malformed", f"the number {line[:40]!r}")
    return Kind.SCALAR


def _line(reader: Reader) -> Value:
    line, is_whole = reader.line()
    _suspect(line)
    if not is_whole:
        return Kind.TEXT
    try:
        return text_of(line.decode("raw-unicode-escape"))
    except UnicodeDecodeError as error:
        raise MalformedError("pickle-malformed", "a text with a broken escape") from error


def _text(reader: Reader, size_bytes: int) -> Value:
    try:
        if size_bytes <= CHUNK_BYTES:
            content = reader.take(size_bytes)
            _suspect(content)
            return text_of(content.decode("utf-8", "surrogatepass"))
        decoder, left = getincrementaldecoder("utf-8")("surrogatepass"), size_bytes
        while left:
            content = reader.take(min(left, CHUNK_BYTES))
            if left == size_bytes:
                _suspect(content)
            left -= len(content)
            decoder.decode(content, final=not left)
    except UnicodeDecodeError as error:
        raise MalformedError("pickle-malformed", "a text that is not UTF-8") from error
    return Kind.TEXT


def _bytes(head: bytes) -> Value:
    _suspect(head)
    return Kind.BYTES


def _suspect(head: bytes) -> None:
    if head and head[0] in _SUSPICIOUS and len(head) > 3 and holds_pickle(head):  # noqa: PLR2004  nothing fits
        raise MalformedError("nested-pickle", "a pickle inside a value", wanted="plain values")
