"""Pickles written by hand, operation by operation: what no pickler would write."""

import pickle
import struct
from pickletools import opcodes
from typing import Any

CODES = {operation.name: operation.code.encode("latin1") for operation in opcodes}


def op(name: str, argument: bytes = b"") -> bytes:
    """One operation."""
    return CODES[name] + argument


def text(value: str) -> bytes:
    """A text, as protocol 4 writes it."""
    content = value.encode("utf-8", "surrogatepass")
    return op("SHORT_BINUNICODE", bytes([len(content)]) + content)


def old_text(value: str) -> bytes:
    """A text, as protocols 1 to 3 write it."""
    content = value.encode()
    return op("BINUNICODE", struct.pack("<I", len(content)) + content)


def named(module: str, name: str) -> bytes:
    """A name to import, as protocol 4 writes it."""
    return text(module) + text(name) + op("STACK_GLOBAL")


def old_named(module: str, name: str) -> bytes:
    """A name to import, as protocols 0 to 3 write it."""
    return op("GLOBAL", f"{module}\n{name}\n".encode())


def program(body: bytes, protocol: int = 4) -> bytes:
    """A whole pickle."""
    begin = op("PROTO", bytes([protocol])) if protocol > 1 else b""
    return begin + body + op("STOP")


def call(module: str, name: str, *arguments: bytes) -> bytes:
    """A call, as protocol 4 writes it."""
    return named(module, name) + op("MARK") + b"".join(arguments) + op("TUPLE") + op("REDUCE")


def value(thing: Any) -> bytes:
    """Any plain value, as protocol 4 writes it, without frame and end."""
    content = pickle.dumps(thing, 4)
    at = 2 + (9 if content[2:3] == CODES["FRAME"] else 0)
    return content[at:-1].replace(op("MEMOIZE"), b"")
