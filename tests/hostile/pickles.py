"""Pickles: names, calls, states and structure that no honest pickler writes."""

import pickle
from collections.abc import Iterator

from tests.hostile.assembly import call, named, old_named, old_text, op, program, text, value
from tests.hostile.case import CANARY, Case
from tests.hostile.dangerous import NAMES

TOUCH = f"touch {CANARY}"
PAYLOAD = program(old_named("os", "system") + old_text(TOUCH) + op("TUPLE1") + op("REDUCE"), 2)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from dangerous()
    yield from calls()
    yield from states()
    yield from operations()
    yield from structure()
    yield from hidden()
    yield from unlike()


def dangerous() -> Iterator[Case]:
    for full in NAMES:
        module, _, name = full.rpartition(".")
        new = program(call(module, name, text(TOUCH)))
        yield Case(f"calls {full}", new, "type-not-allowed")
        old = f"c{module}\n{name}\n(V{TOUCH}\ntR.".encode()
        yield Case(f"calls {full}, protocol 0", old, "type-not-allowed")


def calls() -> Iterator[Case]:
    ndarray, zero = named("numpy", "ndarray"), value((0,))
    dtype = call("numpy", "dtype", text("O8"), op("NEWFALSE"), op("NEWTRUE"))
    plain = call("numpy", "dtype", text("f8"), op("NEWFALSE"), op("NEWTRUE"))
    random = "numpy.random._pickle"
    listed = {
        "a function that may only be named": call("numpy", "log1p", value(1.0)),
        "a class with arguments": call("sklearn.linear_model._logistic", "LogisticRegression", value(1.0)),
        "an estimator of a function": call("sklearn.pipeline", "Pipeline", value([])),
        "a distance": call("sklearn.metrics._dist_metrics", "EuclideanDistance64"),
        "a text": text("os.system") + op("EMPTY_TUPLE") + op("REDUCE"),
        "an object": call("builtins", "set", value([])) + op("EMPTY_TUPLE") + op("REDUCE"),
        "arguments in a list": named("builtins", "set") + value([]) + op("REDUCE"),
        "an array of another class": call(
            "numpy._core.multiarray", "_reconstruct", named("numpy", "dtype"), zero, value(b"b")
        ),
        "an array of any size": call(
            "numpy._core.multiarray", "_reconstruct", ndarray, value((10**9,)), value(b"b")
        ),
        "an array of objects in place": call(
            "numpy._core.multiarray", "_reconstruct", ndarray, zero, value("O")
        ),
        "a scalar of an object": call("numpy._core.multiarray", "scalar", dtype, value(b"12345678")),
        "a scalar of nothing known": call("numpy._core.multiarray", "scalar", ndarray, value(b"12345678")),
        "a scalar that is no bytes": call("numpy._core.multiarray", "scalar", plain, value([1])),
        "a buffer of pointers": call(
            "numpy._core.numeric", "_frombuffer", value(b"1" * 8), dtype, value((1,)), value("C")
        ),
        "a buffer that is no bytes": call(
            "numpy._core.numeric", "_frombuffer", value("x"), plain, value((1,)), value("C")
        ),
        "an unknown codec": call("_codecs", "encode", text("x"), text("zip")),
        "a codec that is computed": call("_codecs", "encode", text("x"), call("builtins", "set", value([]))),
        "bytes of any size": call("builtins", "bytes", value(1 << 40)),
        "a byte array of any size": call("builtins", "bytearray", value(1 << 40)),
        "a set of a call": call("builtins", "set", named("numpy", "log1p")),
        "a random state of a function": call(random, "__randomstate_ctor", named("numpy", "log1p")),
        "a random state by another constructor": call(
            random, "__randomstate_ctor", text("MT19937"), named("builtins", "list")
        ),
        "a generator by another constructor": call(
            random, "__generator_ctor", text("PCG64"), named("numpy", "log1p")
        ),
        "a bit generator of another class": call(
            random, "__bit_generator_ctor", named("sklearn.pipeline", "Pipeline")
        ),
        "a factory that is a class": call(
            "collections", "defaultdict", named("sklearn.pipeline", "Pipeline")
        ),
        "an empty array with a buffer": ndarray + value(((1,),)) + op("NEWOBJ"),
        "an empty text": named("builtins", "str") + value(("x",)) + op("NEWOBJ"),
        "an instance of an instance": call("builtins", "set", value([])) + value(()) + op("NEWOBJ"),
        "an instance with a list": named("sklearn.pipeline", "Pipeline") + value([]) + op("NEWOBJ"),
        "an instance with words of a list": named("sklearn.pipeline", "Pipeline")
        + value(())
        + value([])
        + op("NEWOBJ_EX"),
        "a masked array of another class": call(
            "numpy.ma.core", "_mareconstruct", ndarray, ndarray, zero, value("b")
        ),
        "a reconstruction with a base": call(
            "copyreg",
            "_reconstructor",
            named("sklearn.pipeline", "Pipeline"),
            named("builtins", "list"),
            value([]),
        ),
        "a tree of a text": call("sklearn.neighbors._kd_tree", "newObj", text("os")),
        "a tree of an array": call("sklearn.neighbors._kd_tree", "newObj", ndarray),
    }
    for what, body in listed.items():
        yield Case(f"calls {what}", program(body), "call-not-allowed")
    yield Case(
        "a class of any code",
        program(call("numpy", "dtype", text("O8,i8"), value(0), value(1))),
        "array-malformed",
    )
    yield Case(
        "a named call that is not called",
        program(value([]) + named("copyreg", "_reconstructor") + op("APPEND")),
        "type-not-allowed",
    )


def states() -> Iterator[Case]:
    empty = named("sklearn.linear_model._logistic", "LogisticRegression") + op("EMPTY_TUPLE") + op("NEWOBJ")
    vectorizer = (
        named("sklearn.feature_extraction.text", "CountVectorizer") + op("EMPTY_TUPLE") + op("NEWOBJ")
    )
    plain = call("numpy", "dtype", text("f8"), op("NEWFALSE"), op("NEWTRUE"))
    objects = call("numpy", "dtype", text("O8"), op("NEWFALSE"), op("NEWTRUE"))
    record = call("numpy", "dtype", text("V16"), op("NEWFALSE"), op("NEWTRUE"))
    array = call(
        "numpy._core.multiarray", "_reconstruct", named("numpy", "ndarray"), value((0,)), value(b"b")
    )

    def fields(inner: bytes, offset: int) -> bytes:
        entry = op("EMPTY_DICT") + text("a") + inner + value(offset) + op("TUPLE2") + op("SETITEM")
        return (
            op("MARK")
            + value(3)
            + value("|")
            + op("NONE")
            + value(("a",))
            + entry
            + value(16)
            + value(1)
            + value(16)
            + op("TUPLE")
        )

    def of_array(dtype: bytes, data: bytes) -> bytes:
        return op("MARK") + value(1) + value((1,)) + dtype + op("NEWFALSE") + data + op("TUPLE")

    special = (
        "__class__",
        "__dict__",
        "__setstate__",
        "__reduce__",
        "__getattr__",
        "__call__",
        "__del__",
        "__module__",
    )
    for name in special:
        yield Case(
            f"the attribute {name}", program(empty + value({name: 1}) + op("BUILD")), "state-not-allowed"
        )
        slots = op("NONE") + value({name: 1}) + op("TUPLE2")
        yield Case(f"the slot {name}", program(empty + slots + op("BUILD")), "state-not-allowed")
    many = {f"a{number}": number for number in range(100)} | {"__class__": 1}
    listed = {
        "one special among many": empty + value(many) + op("BUILD"),
        "files named in requests": vectorizer + value({"input": "filename"}) + op("BUILD"),
        "open files in requests": vectorizer + value({"input": "file"}) + op("BUILD"),
        "a function": named("numpy", "log1p") + value({"a": 1}) + op("BUILD"),
        "a class": named("sklearn.pipeline", "Pipeline") + value({"predict": 1}) + op("BUILD"),
        "a list": value([]) + value({"a": 1}) + op("BUILD"),
        "a dictionary": value({}) + value({"a": 1}) + op("BUILD"),
        "a dictionary filled after it was used": op("EMPTY_DICT")
        + op("MEMOIZE")
        + op("BINGET", b"\0")
        + value("__class__")
        + value(1)
        + op("SETITEM")
        + op("POP")
        + empty
        + op("BINGET", b"\0")
        + op("BUILD")
        + op("TUPLE2"),
        "a slot filled after it was used": empty
        + op("NONE")
        + op("EMPTY_DICT")
        + op("MEMOIZE")
        + op("TUPLE2")
        + op("BINGET", b"\0")
        + value("__class__")
        + value(1)
        + op("SETITEM")
        + op("POP")
        + op("BUILD"),
        "a slot deep in others": empty
        + op("NONE")
        + value({"__class__": ((((1,),),),)})
        + op("TUPLE2")
        + op("BUILD"),
        "a state written elsewhere": value({})
        + op("MEMOIZE")
        + value([])
        + op("POP")
        + empty
        + op("BINGET", b"\0")
        + op("BUILD")
        + op("TUPLE2"),
        "an object as a dictionary": empty + value("a") + value(1) + op("SETITEM"),
        "an array as a dictionary": array + value(0) + value(1) + op("SETITEM"),
        "objects without references": objects + value((3, "|", None, None, None, -1, -1, 0)) + op("BUILD"),
        "objects that are not counted": objects + value((3, "|", None, None, None, -1, -1, 62)) + op("BUILD"),
        "numbers that are objects": plain + value((3, "<", None, None, None, -1, -1, 63)) + op("BUILD"),
        "numbers with hidden flags": plain + value((3, "<", None, None, None, -1, -1, 4)) + op("BUILD"),
        "negative flags": plain + value((3, "<", None, None, None, -1, -1, -1)) + op("BUILD"),
        "numbers of another size": plain + value((3, "<", None, None, None, 800, -1, 0)) + op("BUILD"),
        "a structure of another size": record + value((3, "|", None, None, None, 800, 1, 16)) + op("BUILD"),
        "a structure of no size": record + value((3, "|", None, None, None, -1, 1, 16)) + op("BUILD"),
        "a structure of objects": record + fields(objects, 0) + op("BUILD"),
        "a field before its structure": record + fields(plain, -8) + op("BUILD"),
        "a field behind its structure": record + fields(plain, 16) + op("BUILD"),
        "a field of nothing known": record + fields(value(1), 0) + op("BUILD"),
        "half a type": plain + value((3, "<")) + op("BUILD"),
        "a type of a dictionary": plain + value({}) + op("BUILD"),
        "pointers in an array": array + of_array(objects, value(b"12345678")) + op("BUILD"),
        "objects in an array of numbers": array + of_array(plain, value([1.0])) + op("BUILD"),
        "an array of nothing known": array + of_array(value("O8"), value(b"12345678")) + op("BUILD"),
        "half an array": array + value((1,)) + op("BUILD"),
    }
    for what, body in listed.items():
        yield Case(f"state: {what}", program(body), "state-not-allowed")


def operations() -> Iterator[Case]:
    refused = {
        "EXT1": (b"\x01", "pickle-extension"),
        "EXT2": (b"\x01\0", "pickle-extension"),
        "EXT4": (b"\x01\0\0\0", "pickle-extension"),
        "PERSID": (b"1\n", "pickle-persistent-id"),
        "NEXT_BUFFER": (b"", "pickle-out-of-band"),
        "STRING": (b"'x'\n", "pickle-malformed"),
        "BINSTRING": (b"\x01\0\0\0x", "pickle-malformed"),
        "SHORT_BINSTRING": (b"\x01x", "pickle-malformed"),
        "INST": (b"os\nsystem\n", "pickle-malformed"),
        "OBJ": (b"", "pickle-malformed"),
        "DUP": (b"", "pickle-malformed"),
    }
    for name, (argument, code) in refused.items():
        for protocol in (2, 4, 5):
            body = op("MARK") + value(1) + op(name, argument)
            yield Case(f"the operation {name}, protocol {protocol}", program(body, protocol), code)
    for protocol in (2, 5):
        body = value(1) + op("BINPERSID")
        yield Case(
            f"a persistent object, protocol {protocol}", program(body, protocol), "pickle-persistent-id"
        )
    yield Case(
        "a buffer made read-only", program(value(b"x") + op("READONLY_BUFFER"), 5), "pickle-out-of-band"
    )
    for byte in (0x00, 0x0A, 0x20, 0x7F, 0xA0, 0xFF):
        yield Case(f"the byte {byte}", program(value(1) + bytes([byte])), "pickle-malformed")
    mixed = {
        "a name of protocol 3 under 4": program(old_named("builtins", "set")),
        "a number of protocol 0 under 2": program(op("INT", b"1\n"), 2),
        "a float of protocol 0 under 4": program(op("FLOAT", b"1.0\n")),
        "a text of protocol 0 under 4": program(op("UNICODE", b"a\n")),
        "a memo of protocol 0 under 4": program(value("a") + op("PUT", b"0\n")),
        "a memo of protocol 2 under 4": program(value("a") + op("BINPUT", b"\0")),
        "a memo of protocol 4 under 2": program(old_text("a") + op("MEMOIZE"), 2),
        "a text of protocol 4 under 2": program(text("a"), 2),
        "a name of protocol 4 under 3": program(
            old_text("builtins") + old_text("set") + op("STACK_GLOBAL"), 3
        ),
        "a frame under 3": program(op("FRAME", (4).to_bytes(8, "little")) + op("NONE"), 3),
        "bytes of protocol 3 under 2": program(op("SHORT_BINBYTES", b"\x01a"), 2),
        "a byte array of protocol 5 under 4": program(op("BYTEARRAY8", (1).to_bytes(8, "little") + b"a")),
        "a set of protocol 4 without a protocol": program(op("EMPTY_SET"), 0),
        "a list of protocol 0 under 2": program(op("MARK") + op("LIST"), 2),
        "a dictionary of protocol 0 under 4": program(op("MARK") + op("DICT")),
        "an instance without a protocol": b"csklearn.pipeline\nPipeline\n)\x81.",
    }
    for what, content in mixed.items():
        yield Case(what, content, "pickle-malformed")


def structure() -> Iterator[Case]:
    def frame(size_bytes: int, body: bytes) -> bytes:
        return op("FRAME", size_bytes.to_bytes(8, "little")) + body

    one = value(1)
    malformed = {
        "protocol 0 declared": op("PROTO", b"\0") + op("NONE") + op("STOP"),
        "a protocol declared twice": op("PROTO", b"\x04") + program(one),
        "a protocol declared within": program(one + op("PROTO", b"\x04")),
        "an empty stack at the end": program(b""),
        "two values at the end": program(one + one),
        "an open mark": program(op("MARK") + one),
        "a mark alone": program(op("MARK")),
        "a tuple without a mark": program(one + op("TUPLE")),
        "a pair of one": program(one + op("TUPLE2")),
        "a call of nothing": program(op("EMPTY_TUPLE") + op("REDUCE")),
        "a value below a mark": program(one + op("MARK") + op("POP_MARK") + op("POP") + op("POP")),
        "reaching below a mark": program(one + op("MARK") + op("TUPLE1")),
        "an entry without a value": program(op("EMPTY_DICT") + op("MARK") + one + op("SETITEMS")),
        "an item for a tuple": program(value(()) + one + op("APPEND")),
        "items for a dictionary": program(value({}) + op("MARK") + one + op("APPENDS")),
        "members for a list": program(value([]) + op("MARK") + one + op("ADDITEMS")),
        "an empty memo": program(op("BINGET", b"\0")),
        "a memo far away": program(op("LONG_BINGET", b"\xff\xff\xff\xff")),
        "a memo below zero": program(b"g-1\n", 0),
        "a memo out of turn": program(old_text("a") + op("BINPUT", b"\x05"), 2),
        "a memo filled again": program(
            old_text("a") + op("BINPUT", b"\0") + old_text("b") + op("BINPUT", b"\0"), 2
        ),
        "a value remembered twice": program(text("a") + op("MEMOIZE") + op("MEMOIZE")),
        "a number remembered": program(one + op("MEMOIZE")),
        "nothing remembered": program(op("MEMOIZE")),
        "a mark remembered": program(op("MARK") + op("MEMOIZE")),
        "a frame in a frame": program(frame(12, frame(2, one))),
        "an empty frame": program(frame(0, one)),
        "an operation across frames": program(frame(4, text("abcdef"))),
        "an end within a frame": program(frame(99, one)),
        "a frame that ends before the end": program(frame(2, one) + one + op("POP")).replace(b"0.", b"00."),
        "a number of negative size": program(op("LONG4", b"\xff\xff\xff\xff")),
        "a number of any size": program(op("LONG4", b"\xff\xff\xff\x7f")),
        "a long number of letters": program(b"L1_0L\n", 0),
        "a text that is no UTF-8": program(op("SHORT_BINUNICODE", b"\x01\xff")),
        "a list written at once": program(op("MARK") + op("INT", b"1\n") + op("LIST"), 0),
    }
    for what, content in malformed.items():
        yield Case(what, content, "pickle-malformed")
    truncated = {
        "no end": op("PROTO", b"\x04") + one,
        "nothing but a protocol": op("PROTO", b"\x04"),
        "half a protocol": b"\x80",
        "a text of terabytes": op("PROTO", b"\x04") + op("BINUNICODE8", b"\0\0\0\0\0\x10\0\0x") + b".",
        "bytes of exabytes": op("PROTO", b"\x04") + op("BINBYTES8", b"\xff" * 7 + b"\x7f" + b"x") + b".",
        "a byte array of exabytes": op("PROTO", b"\x05")
        + op("BYTEARRAY8", b"\xff" * 7 + b"\x7f" + b"x")
        + b".",
    }
    for what, content in truncated.items():
        yield Case(what, content, "truncated")
    yield Case("bytes after the end", program(one) + b"\0", "trailing-bytes")
    yield Case("a second pickle after the end", program(one) + PAYLOAD, "trailing-bytes")
    yield Case("too many values at once", op("PROTO", b"\x04") + op("NONE") * 300_000 + b".", "too-large")
    yield Case("too many marks at once", op("PROTO", b"\x04") + op("MARK") * 300_000 + b".", "too-large")
    names = b"".join(old_named("a", f"b{number}") + op("POP") for number in range(10_001))
    yield Case("too many names", program(names, 2), "too-large")
    whole = pickle.dumps({"a": [1, 2, 3], "b": ("x", b"y" * 300)}, 4)
    for size_bytes in range(3, len(whole), 24):
        yield Case(f"cut off after {size_bytes} bytes", whole[:size_bytes], "truncated")


def unlike() -> Iterator[Case]:
    """Beginnings of pickles that are not recognised as one, and so are of no format that may be released."""
    listed = {
        "protocol 6": op("PROTO", b"\x06") + value(1) + op("STOP"),
        "a memo that is no number": program(b"gx\n", 0),
        "a number of letters": program(b"Ix\n", 0),
        "a float of letters": program(b"Fx\n", 0),
        "a text with half an escape": program(b"V\\u00\n", 0),
        "a line without an end": b"cos\nsystem\n(Vtouch",
    }
    for what, content in listed.items():
        yield Case(what, content, "format-not-allowed")


def hidden() -> Iterator[Case]:
    computed = {
        "a module that is a number": value(1) + text("system") + op("STACK_GLOBAL"),
        "a name that is bytes": text("os") + value(b"system") + op("STACK_GLOBAL"),
        "a module that is called for": call("builtins", "set", value([]))
        + text("system")
        + op("STACK_GLOBAL"),
        "a name in a list": text("os") + value(["system"]) + op("STACK_GLOBAL"),
        "an empty module": named("", "system"),
        "an empty name": named("os", ""),
        "a relative module": named(".os", "system"),
        "a module with a space": named("o s", "system"),
        "a module with a line": named("os\n", "system"),
        "a module in another script": named("\N{MATHEMATICAL BOLD SMALL O}s", "system"),
        "a name that is no word": named("os", "sys-tem"),
        "a name in wide letters": named("os", "\N{FULLWIDTH LATIN SMALL LETTER S}ystem"),
        "a name without end": named("os", "s" * 250) + named("o" * 250, "s" * 250) + op("TUPLE2"),
    }
    for what, body in computed.items():
        yield Case(what, program(body), "computed-name")
    for module, name in (
        ("os", "path.join"),
        ("sklearn.pipeline", "os.system"),
        ("builtins", "set.add"),
        ("numpy", "ndarray.tofile"),
    ):
        yield Case(f"an attribute, {module} {name}", program(named(module, name)), "dotted-name")
        yield Case(f"a dotted name, {module} {name}", program(old_named(module, name), 2), "dotted-name")
    nested = {
        "in bytes": value(PAYLOAD),
        "in bytes, protocol 4": value(program(call("os", "system", text(TOUCH)))),
        "in a text": text("cos\nsystem\n(Vtrue\ntR."),
        "in bytes, protocol 0": value(b"cos\nsystem\n(Vtrue\ntR."),
        "in large bytes": op(
            "BINBYTES", (len(PAYLOAD) + 70_000).to_bytes(4, "little") + PAYLOAD + b"\0" * 70_000
        ),
        "in a list of bytes": value([b"a", PAYLOAD]),
        "in the state of an object": named("sklearn.pipeline", "Pipeline")
        + value(())
        + op("NEWOBJ")
        + value({"a": PAYLOAD})
        + op("BUILD"),
        "that ends well": value(pickle.dumps([1, 2], 4)),
    }
    for what, body in nested.items():
        yield Case(f"a pickle {what}", program(body), "nested-pickle")
