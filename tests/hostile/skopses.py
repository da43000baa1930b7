"""Archives of skops: schemas and members that skops does not write."""

import io
import json
import pickle
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from tests.hostile.arrays import saved
from tests.hostile.case import Case
from tests.hostile.dangerous import NAMES
from tests.hostile.pickles import PAYLOAD


def cases() -> Iterator[Case]:
    """All of them."""
    for what, content, code in (*nodes(), *schemas(), *members()):
        yield Case(f"skops: {what}", content, code, "model.skops")


@cache
def honest() -> dict[str, bytes]:
    """The members of a small model."""
    import skops.io
    from sklearn.linear_model import LogisticRegression

    content = skops.io.dumps(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def packed(members: dict[str, bytes]) -> bytes:
    """An archive of these."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return written.getvalue()


def with_schema(change: Callable[[dict[str, Any]], Any]) -> bytes:
    """The model with another schema."""
    return packed(
        honest() | {"schema.json": json.dumps(change(json.loads(honest()["schema.json"]))).encode()}
    )


def with_attribute(name: str, node: Any) -> bytes:
    """The model with one more attribute."""

    def change(schema: dict[str, Any]) -> dict[str, Any]:
        schema["content"]["content"][name] = node
        return schema

    return with_schema(change)


def node(module: str, kind: str, loader: str, **more: Any) -> dict[str, Any]:
    """A node of a schema."""
    return {"__module__": module, "__class__": kind, "__loader__": loader, "__id__": 1, **more}


def nodes() -> Iterator[tuple[str, bytes, str]]:
    for full in NAMES[::3]:
        module, _, name = full.rpartition(".")
        for loader in ("FunctionNode", "TypeNode"):
            yield f"{loader} {full}", with_attribute("hook", node(module, name, loader)), "type-not-allowed"
    hidden = {
        "a partial": node(
            "functools", "partial", "PartialNode", content={"func": node("os", "system", "FunctionNode")}
        ),
        "an operator": node(
            "operator",
            "methodcaller",
            "OperatorFuncNode",
            attrs=node("builtins", "tuple", "TupleNode", content=[]),
        ),
        "a method": node(
            "sklearn.base",
            "BaseEstimator",
            "MethodNode",
            content={"func": "set_params", "obj": node("a", "B", "ObjectNode")},
        ),
        "a constructor": node("os", "system", "ConstructorFromReduceNode", content=[]),
        "a generator by a name": node(
            "numpy.random._generator",
            "Generator",
            "RandomGeneratorNode",
            content={"bit_generator": {"content": {"bit_generator": {"content": '"test"'}}}},
        ),
        "a node in a field that is not read": {"more": [{"deep": node("os", "system", "TypeNode")}]},
        "a node where a text should be": node(
            "builtins", "str", "JsonNode", content=node("os", "system", "TypeNode")
        ),
    }
    for what, inner in hidden.items():
        yield what, with_attribute("hook", inner), "type-not-allowed"
    reads = node("builtins", "str", "JsonNode", content='"filename"', is_json=True)
    yield "files named in requests", with_attribute("input", reads), "state-not-allowed"
    for name in ("__class__", "__dict__", "__setstate__", "__call__"):
        yield f"the attribute {name}", with_attribute(name, reads), "state-not-allowed"


def schemas() -> Iterator[tuple[str, bytes, str]]:
    malformed = {
        "no schema": lambda _: None,
        "a list": lambda schema: [schema],
        "protocol 1": lambda schema: schema | {"protocol": 1},
        "protocol 3": lambda schema: schema | {"protocol": 3},
        "a protocol of truth": lambda schema: schema | {"protocol": True},
        "a protocol in words": lambda schema: schema | {"protocol": "2"},
        "no protocol": lambda schema: {key: schema[key] for key in schema if key != "protocol"},
        "a node without a module": lambda schema: schema | {"__module__": None},
        "a node with a list of classes": lambda schema: schema | {"__class__": ["os", "system"]},
        "a node without a loader": lambda schema: {key: schema[key] for key in schema if key != "__loader__"},
        "a node of an unknown kind": lambda schema: schema | {"__loader__": "EvalNode"},
        "a method without a function": lambda schema: schema | {"__loader__": "MethodNode", "content": {}},
        "a generator without a state": lambda schema: schema | {"__loader__": "RandomGeneratorNode"},
    }
    for what, change in malformed.items():
        yield what, with_schema(change), "skops-malformed"
    text = honest()["schema.json"]
    for what, content in {
        "a name given twice": b'{"__class__": "system",' + text.lstrip()[1:],
        "half a schema": text[: len(text) // 2],
        "a schema without end": b"[" * 200_000,
        "an empty schema": b"",
        "a schema that is a pickle": PAYLOAD,
        "a schema in no script": b"\xff\xfe" + text,
        "a schema in UTF-16": text.decode().encode("utf-16"),
        "a schema after a byte order mark": b"\xef\xbb\xbf" + text,
    }.items():
        yield what, packed(honest() | {"schema.json": content}), "skops-malformed"
    yield (
        "a schema of a million parts",
        packed(honest() | {"schema.json": b"[" + b"[]," * 600_000 + b"[]]"}),
        "too-large",
    )


def members() -> Iterator[tuple[str, bytes, str]]:
    import numpy as np

    objects = saved(np.array([{}], dtype=object))
    inner = {"data.npy": PAYLOAD}
    for what, name, content, code in (
        ("an array of objects", "x.npy", objects, "array-of-objects"),
        ("a pickle as an array", "x.npy", PAYLOAD, "array-malformed"),
        ("an array with something after it", "x.npy", saved(np.arange(3)) + b"x", "trailing-bytes"),
        ("a pickle as raw bytes", "x.bin", PAYLOAD, "nested-pickle"),
        ("a pickle of protocol 0 as raw bytes", "x.bin", pickle.dumps({"a": [1]}, 4), "nested-pickle"),
        ("a pickle as a sparse matrix", "x.npz", PAYLOAD, "zip-malformed"),
        ("a pickle in a sparse matrix", "x.npz", packed(inner), "array-malformed"),
        ("a sparse matrix of objects", "x.npz", saved(a=np.array([{}], dtype=object)), "array-of-objects"),
        ("code", "x.py", b"import os", "skops-malformed"),
        ("a pickle", "x.pkl", PAYLOAD, "skops-malformed"),
        ("a member without a kind", "x", b"x", "skops-malformed"),
        ("a schema below", "schema.json/x", b"x", "skops-malformed"),
    ):
        yield what, packed(honest() | {name: content}), code
    yield "its schema in other letters", packed(honest() | {"SCHEMA.json": b"{}"}), "zip-malformed"
