"""Pickles inside the values of a pickle: data of nobody, for no estimator unpickles its own attributes."""

import io
import pickletools
import re
import warnings
from collections.abc import Iterator

_HEAD_BYTES = 1 << 16
_MANY = 200
_VARIED = 2
_NAMED = re.compile(rb"[\w.]+\n[\w.]+\n")
_CALLS = {"REDUCE", "BUILD", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX"}
_NAMES = {"GLOBAL", "STACK_GLOBAL", "INST", "EXT1", "EXT2", "EXT4", "PERSID", "BINPERSID"}


def holds_pickle(content: bytes) -> bool:
    """Whether unpickling these bytes would begin to import or call something, or end well.

    Arrays begin with any bytes at all: a protocol's number is no proof, operations that name something are.
    """
    if content[:1] == b"\x80":
        return content[1:2] <= b"\x05" and _runs(content[:_HEAD_BYTES])
    is_named = content[:1] in {b"c", b"(", b"i", b"P", b"\x82"} and _NAMED.search(content[:1024])
    return bool(is_named) and _runs(content[:_HEAD_BYTES])


def begins_pickle(head: bytes) -> bool:
    """Whether unpickling a file that begins so would begin to run it, in any protocol.

    From protocol 2 on a pickle begins with its number. Protocols 0 and 1 have no mark, so the operations are
    read: two or more of them that end in STOP, or that name and call something, are taken for a pickle.
    """
    if head[:1] == b"\x80":
        return head[1:2] <= b"\x05"
    return head[:1] not in {b"", b"."} and _runs(head)


def _runs(head: bytes) -> bool:
    count = names = calls = 0
    kinds = set()
    try:
        for operation, argument in _operations(head):
            count += 1
            kinds.add(operation)
            names += operation in _NAMES and _is_name(argument)
            calls += operation in _CALLS
            if names and calls:
                return True
            if operation == "STOP":
                return count > 1
    except (ValueError, UnicodeDecodeError, OverflowError):
        # The first bytes of a large pickle end anywhere; those of a text do not get far.
        return len(head) == _HEAD_BYTES and count > _MANY and len(kinds) > _VARIED
    return False


def _operations(head: bytes) -> Iterator[tuple[str, object]]:
    """The operations by name, with their arguments, as far as they can be read."""
    with warnings.catch_warnings():
        # Of escapes that are none, in texts of protocol 0: Python takes them for what they are, and warns.
        warnings.simplefilter("ignore", DeprecationWarning)
        for operation, argument, _ in pickletools.genops(io.BytesIO(head)):
            yield operation.name, argument


def _is_name(argument: object) -> bool:
    """Whether what an operation names can be a module and a name, and is not just prose."""
    return not isinstance(argument, str) or all(
        part.isidentifier() for part in argument.replace(" ", ".", 1).split(".")
    )
