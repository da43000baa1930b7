"""ONNX models: what reads other files, runs what is not ONNX's own, or is no well-formed message."""

import struct
from collections.abc import Iterator
from itertools import chain

from tests.hostile.case import Case


def varint(number: int) -> bytes:
    """A number, seven bits a byte."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def field(number: int, value: int | bytes | str) -> bytes:
    """A number, or anything that has a length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def tensor(*more: bytes, dims: tuple[int, ...] = (2,), kind: int = 1, data: bytes = b"") -> bytes:
    """A tensor of two floats, unless told otherwise."""
    content = data or (b"" if more else field(9, struct.pack("<2f", 1, 2)))
    return b"".join(chain((field(1, dim) for dim in dims), (field(2, kind), field(8, "w"), content), more))


def node(operator: str = "Add", *more: bytes, domain: str = "") -> bytes:
    """A node that adds x and w."""
    return b"".join(
        (field(1, "x"), field(1, "w"), field(2, "y"), field(4, operator), field(7, domain), *more)
    )


def graph(
    *more: bytes, nodes: tuple[bytes, ...] = (node(),), tensors: tuple[bytes, ...] = (tensor(),)
) -> bytes:
    """A graph of these."""
    floats = field(1, field(1, 1) + field(2, field(1, field(1, 2))))
    ends = field(11, field(1, "x") + field(2, floats)) + field(12, field(1, "y") + field(2, floats))
    parts = chain((field(1, one) for one in nodes), (field(2, "g"),), (field(5, one) for one in tensors))
    return b"".join((*parts, ends, *more))


def model(inner: bytes = graph(), *more: bytes, version: int = 8) -> bytes:
    """A whole model."""
    return b"".join(
        (field(1, version), field(2, "tests"), field(7, inner), field(8, field(1, "") + field(2, 17)), *more)
    )


def honest() -> dict[str, bytes]:
    """Models that must be accepted."""
    packed = field(1, b"".join(map(varint, (1, 2))))
    return {
        "raw floats": model(),
        "packed floats": model(graph(tensors=(tensor(data=field(4, struct.pack("<2f", 1, 2))),))),
        "packed shape": model(graph(tensors=(packed + field(2, 1) + field(9, b"\0" * 8),))),
        "whole numbers": model(graph(tensors=(tensor(kind=7, data=field(7, varint(5) + varint(300))),))),
        "whole numbers one by one": model(graph(tensors=(tensor(kind=7, data=field(7, 5) + field(7, 300)),))),
        "texts": model(graph(tensors=(tensor(kind=8, data=field(6, "a") + field(6, "b")),))),
        "operators for machine learning": model(
            graph(nodes=(node("TreeEnsembleClassifier", domain="ai.onnx.ml"),))
        ),
        "a graph in a node": model(
            graph(nodes=(node("If", field(5, field(1, "then_branch") + field(6, graph()) + field(20, 5))),))
        ),
        "an empty tensor": model(graph(tensors=(tensor(field(12, "nothing"), dims=(0,)),))),
        "properties": model(graph(), field(14, field(1, "author") + field(2, "releaser"))),
    }


def cases() -> Iterator[Case]:
    """All of them."""
    for what, content, code in (*beside(), *tensors(), *messages()):
        yield Case(f"ONNX: {what}", content, code, "model.onnx")
    whole = model()
    endless = tensor(kind=7, data=field(7, b"\xff\xff"))
    yield Case("ONNX: numbers without an end", model(graph(tensors=(endless,))), "truncated", "model.onnx")
    for size_bytes in range(6, whole.index(b"\x42\x04"), 5):
        yield Case(f"ONNX cut off after {size_bytes} bytes", whole[:size_bytes], "truncated", "model.onnx")


def beside() -> Iterator[tuple[str, bytes, str]]:
    place = field(13, field(1, "location") + field(2, "../../etc/passwd"))
    external = {
        "elements in another file": tensor(place, field(14, 1)),
        "elements in another file, by place alone": tensor(place),
        "elements in another file, by kind alone": tensor(field(14, 1)),
        "a tensor in parts": tensor(field(3, field(1, 0) + field(2, 2))),
    }
    for what, one in external.items():
        yield what, model(graph(tensors=(one,))), "external-data"
        attribute = field(5, field(1, "value") + field(5, one) + field(20, 4))
        yield f"{what}, in an attribute", model(graph(nodes=(node("Constant", attribute),))), "external-data"
    for domain in (
        "com.microsoft",
        "ai.onnx.contrib",
        "custom",
        "ai.onnx.preview.training",
        "AI.ONNX.ML",
        " ",
    ):
        one = node("PyCustomOp", domain=domain)
        yield f"an operator of {domain!r}", model(graph(nodes=(one,))), "type-not-allowed"
        inside = node("If", field(5, field(1, "then_branch") + field(6, graph(nodes=(one,)))))
        yield f"an operator of {domain!r} in a branch", model(graph(nodes=(inside,))), "type-not-allowed"
    yield "a function", model(graph(), field(25, field(1, "f"))), "onnx-function"
    yield "a training", model(graph(), field(20, b"")), "onnx-malformed"
    yield "a device", model(graph(), field(26, field(1, "gpu"))), "onnx-malformed"
    yield "a node's device", model(graph(nodes=(node("Add", field(10, b"")),))), "onnx-malformed"
    yield (
        "a type of its own",
        model(graph(field(13, field(1, "v") + field(2, field(7, b""))))),
        "onnx-malformed",
    )


def tensors() -> Iterator[tuple[str, bytes, str]]:
    malformed = {
        "fewer bytes than its shape": tensor(dims=(3,)),
        "more bytes than its shape": tensor(dims=(1,)),
        "no elements": tensor(field(12, "x"), dims=(2, 2)),
        "a shape of exabytes": tensor(dims=(1 << 40, 1 << 20)),
        "a shape of exabytes without elements": tensor(field(12, "x"), dims=(1 << 40, 1 << 20)),
        "a negative shape": tensor(dims=((1 << 64) - 2,)),
        "a shape of a hundred dimensions": tensor(dims=(1,) * 100, data=field(9, b"\0" * 4)),
        "elements in two ways": tensor(field(4, struct.pack("<2f", 1, 2)), field(9, b"\0" * 8)),
        "raw texts": tensor(kind=8),
        "a type that does not exist": tensor(kind=99),
        "no type": tensor(kind=0),
        "packed floats of another size": tensor(data=field(4, b"\0" * 7)),
        "fewer numbers than its shape": tensor(kind=7, data=field(7, varint(300))),
    }
    for what, one in malformed.items():
        yield f"a tensor with {what}", model(graph(tensors=(one,))), "onnx-malformed"


def messages() -> Iterator[tuple[str, bytes, str]]:
    malformed = {
        "no graph": field(1, 8) + field(2, "tests") + field(8, field(2, 17)),
        "two graphs": model(graph(), field(7, graph())),
        "two versions": model(graph(), field(1, 9)),
        "no set of operators": field(1, 8) + field(7, graph()),
        "an unknown field": model(graph(), field(99, b"x")),
        "an unknown field in a node": model(graph(nodes=(node("Add", field(77, 1)),))),
        "a field of number zero": model(graph(), b"\0\0"),
        "a graph that is a number": field(1, 8) + field(7, 5),
        "a node that is a number": model(graph(field(1, 5))),
        "a name that is a number": model(graph(field(2, 5))),
        "a group": model(graph(), varint(6 << 3 | 3)),
        "a fixed number where none is": model(graph(), varint(5 << 3 | 5) + b"\0" * 4),
        "a node without an operator": model(graph(nodes=(node(""),))),
        "a name in no script": model(graph(nodes=(node("Add", field(3, b"\xff")),))),
        "a number of eleven bytes": model(graph(), varint(5 << 3) + b"\xff" * 10 + b"\1"),
        "graphs without end": nested(80),
    }
    for what, content in malformed.items():
        yield what, content, "onnx-malformed"
    for version in (0, 1, 2, 99, 1 << 40):
        yield f"version {version}", model(version=version), "format-not-allowed"
    yield "a field that runs over the end", model(graph(), varint(6 << 3 | 2) + varint(1 << 60)), "truncated"


def nested(depth: int) -> bytes:
    """A graph in a node in a graph, and so on."""
    inner = graph()
    for _ in range(depth):
        inner = graph(nodes=(node("If", field(5, field(1, "then_branch") + field(6, inner))),))
    return model(inner)
