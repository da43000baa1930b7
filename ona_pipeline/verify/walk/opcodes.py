"""The operations that Python's own picklers write, by protocol: all others are refused.

Later protocols keep the older ones' operations for reading only. A pickle that mixes them was not written by
a pickler. Source: pickle.py and _pickle.c of CPython, which of `save_*` writes what under which protocol.
"""

from collections.abc import Iterator
from pickletools import opcodes

from ona_pipeline.verify.walk.interface import MalformedError

LATEST = 5
_UNMARKED = 1
_TEXT = (0, 0)
_BINARY = (1, 5)
_WRITTEN: dict[str, tuple[int, int]] = {
    "MARK": (0, 5),
    "POP": (0, 5),
    "POP_MARK": _BINARY,
    "NONE": (0, 5),
    "NEWTRUE": (2, 5),
    "NEWFALSE": (2, 5),
    "INT": (0, 1),
    "LONG": (0, 1),
    "BININT": _BINARY,
    "BININT1": _BINARY,
    "BININT2": _BINARY,
    "LONG1": (2, 5),
    "LONG4": (2, 5),
    "FLOAT": _TEXT,
    "BINFLOAT": _BINARY,
    "UNICODE": _TEXT,
    "BINUNICODE": _BINARY,
    "SHORT_BINUNICODE": (4, 5),
    "BINUNICODE8": (4, 5),
    "BINBYTES": (3, 5),
    "SHORT_BINBYTES": (3, 5),
    "BINBYTES8": (4, 5),
    "BYTEARRAY8": (5, 5),
    "TUPLE": (0, 5),
    "EMPTY_TUPLE": _BINARY,
    "TUPLE1": (2, 5),
    "TUPLE2": (2, 5),
    "TUPLE3": (2, 5),
    "LIST": _TEXT,
    "EMPTY_LIST": _BINARY,
    "APPEND": (0, 5),
    "APPENDS": _BINARY,
    "DICT": _TEXT,
    "EMPTY_DICT": _BINARY,
    "SETITEM": (0, 5),
    "SETITEMS": _BINARY,
    "EMPTY_SET": (4, 5),
    "ADDITEMS": (4, 5),
    "FROZENSET": (4, 5),
    "GLOBAL": (0, 3),
    "STACK_GLOBAL": (4, 5),
    "REDUCE": (0, 5),
    "BUILD": (0, 5),
    "NEWOBJ": (2, 5),
    "NEWOBJ_EX": (4, 5),
    "GET": _TEXT,
    "BINGET": _BINARY,
    "LONG_BINGET": _BINARY,
    "PUT": _TEXT,
    "BINPUT": (1, 3),
    "LONG_BINPUT": (1, 3),
    "MEMOIZE": (4, 5),
    "FRAME": (4, 5),
}
_REFUSED = {
    "EXT1": ("pickle-extension", "a number in place of a name (an extension code)"),
    "EXT2": ("pickle-extension", "a number in place of a name (an extension code)"),
    "EXT4": ("pickle-extension", "a number in place of a name (an extension code)"),
    "PERSID": ("pickle-persistent-id", "a reference to something outside the file (a persistent id)"),
    "BINPERSID": ("pickle-persistent-id", "a reference to something outside the file (a persistent id)"),
    "NEXT_BUFFER": ("pickle-out-of-band", "a buffer that is kept outside the file"),
    "READONLY_BUFFER": ("pickle-out-of-band", "a buffer that is kept outside the file"),
}


def written(protocol: int) -> Iterator[tuple[int, str]]:
    """Code and name of each operation that a pickler writes; 1 stands for protocols 0 and 1."""
    first = 0 if protocol == _UNMARKED else protocol
    for operation in opcodes:
        lowest, highest = _WRITTEN.get(operation.name, (LATEST + 1, -1))
        if lowest <= protocol and first <= highest:
            yield ord(operation.code), operation.name


def steps(protocol: int) -> Iterator[tuple[int, str]]:
    """The same, of those that work on the stack: containers, memo, names, calls, frames."""
    return ((code, name) for code, name in written(protocol) if name not in _VALUES)


def not_written(code: int, protocol: int) -> MalformedError:
    """Why an operation is refused."""
    name = next((operation.name for operation in opcodes if ord(operation.code) == code), "")
    finding, found = _REFUSED.get(name, ("pickle-malformed", ""))
    spelt = f"the operation {name}" if name else f"the byte {code:#04x}"
    wanted = f"operations that a pickler writes under protocol {protocol}"
    return MalformedError(finding, f"{spelt}, {found}" if found else spelt, wanted=wanted)


_VALUES = {
    *("NONE", "NEWTRUE", "NEWFALSE", "EMPTY_TUPLE", "EMPTY_LIST", "EMPTY_DICT", "EMPTY_SET"),
    *("BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT", "INT", "LONG", "FLOAT", "UNICODE"),
    *(
        "SHORT_BINUNICODE",
        "BINUNICODE",
        "BINUNICODE8",
        "SHORT_BINBYTES",
        "BINBYTES",
        "BINBYTES8",
        "BYTEARRAY8",
    ),
}
