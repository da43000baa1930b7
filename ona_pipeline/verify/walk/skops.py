"""A skops archive, looked into without loading it: every type that loading would make.

The walk is stricter than skops' own audit: it also names what skops trusts by itself, and refuses what no
honest writer produces (an older protocol, names given twice, unknown nodes, members that are not arrays).
"""

import json
from collections.abc import Iterator
from typing import Any

from ona_pipeline.verify.walk import members, skops_depth
from ona_pipeline.verify.walk.archive import Archive, Member
from ona_pipeline.verify.walk.interface import Content, MalformedError
from ona_pipeline.verify.walk.reader import Reader
from ona_pipeline.verify.walk.states import attributes
from ona_pipeline.verify.walk.values import is_special

PROTOCOL = 2
_MAX_SCHEMA_BYTES = 64 << 20
# Each of these characters may become an object of some two hundred bytes.
_STRUCTURE = (b"{", b"[", b",")
_MOST_PARTS = 1_000_000
# skops.io, `NODE_TYPE_MAPPING` of its modules, and the nodes that refer to others.
_NODES = {
    *(
        "BytearrayNode",
        "BytesNode",
        "CachedNode",
        "ConstructorFromReduceNode",
        "DTypeNode",
        "DefaultDictNode",
    ),
    *("DictNode", "FunctionNode", "JsonNode", "ListNode", "LossNode", "MaskedArrayNode", "MethodNode"),
    *(
        "NdArrayNode",
        "ObjectNode",
        "OperatorFuncNode",
        "PartialNode",
        "RandomGeneratorNode",
        "RandomStateNode",
    ),
    *("SetNode", "SliceNode", "SparseMatrixNode", "TreeNode", "TupleNode", "TypeNode"),
}


def walk(archive: Archive, *, max_bytes: int, max_depth: int) -> Content:
    """Look into the archive, which may unpack to `max_bytes`, with `max_depth` nodes in each other.

    Raises:
        MalformedError: it is not as skops writes it.
    """
    members.judge(archive, max_bytes=max_bytes)
    [schema] = [member for member in archive.members if member.name == members.SCHEMA]
    try:
        nodes = read(archive, schema)
        skops_depth.judge(nodes, max_depth)
        return Content(names=frozenset(types(nodes)))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise _malformed(reason) from error


def read(archive: Archive, member: Member) -> dict[str, Any]:
    """The schema, as data.

    Raises:
        MalformedError: it is too large.
        ValueError: it is no JSON, or not of the protocol that is read.
    """
    content = archive.read(member, _whole)
    if sum(map(content.count, _STRUCTURE)) > _MOST_PARTS:
        raise MalformedError("too-large", "more", wanted=f"at most {_MOST_PARTS} parts in {members.SCHEMA}")
    # As bytes, JSON may be in five encodings, and its structure was counted in one.
    schema = json.loads(content.decode(), object_pairs_hook=_without_duplicates)
    if not isinstance(schema, dict) or type(schema.get("protocol")) is not int:
        raise ValueError("no schema of skops")
    if schema["protocol"] != PROTOCOL:
        raise ValueError(f"another protocol than {PROTOCOL}: older readers are less strict")
    return schema


def types(schema: dict[str, Any]) -> Iterator[str]:
    """Every type in the tree of nodes; whatever looks like a node is taken for one."""
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            if "__class__" in node or "__module__" in node or "__loader__" in node:
                yield from _named(node)


def _named(node: dict[str, Any]) -> Iterator[str]:
    module, kind, loader = node.get("__module__"), node.get("__class__"), node.get("__loader__")
    if not (isinstance(module, str) and isinstance(kind, str) and isinstance(loader, str)):
        raise ValueError("a node without module, class or loader")  # noqa: TRY004  the file is wrong, not a type
    if loader not in _NODES:
        raise ValueError(f"a node of the unknown kind {loader[:80]!r}")
    yield f"{module}.{kind}"
    if loader == "MethodNode":
        yield f"{module}.{kind}.{node['content']['func']}"
    if loader == "RandomGeneratorNode":
        # numpy finds this class by a name inside the state: skops' source, RandomGeneratorNode.
        state = node["content"]["bit_generator"]["content"]["bit_generator"]["content"]
        yield f"numpy.random.{json.loads(state)}"
    if loader == "ObjectNode" and isinstance(node.get("content"), dict):
        _attributes(f"{module}.{kind}", node["content"])


def _attributes(owner: str, state: dict[str, Any]) -> None:
    content = state.get("content")
    if state.get("__loader__") == "DictNode" and isinstance(content, dict):
        plain = {name: _text(value) for name, value in content.items()}
        attributes(owner, plain, next(filter(is_special, content), ""))


def _text(node: Any) -> Any:
    """The text that a node holds; None where it holds something else."""
    content = node.get("content") if isinstance(node, dict) and node.get("__loader__") == "JsonNode" else None
    return json.loads(content) if isinstance(content, str) and len(content) < 100 else None  # noqa: PLR2004


def _whole(reader: Reader) -> bytes:
    pieces, size_bytes = [], 0
    while piece := reader.piece():
        pieces.append(piece)
        size_bytes += len(piece)
        if size_bytes > _MAX_SCHEMA_BYTES:
            raise MalformedError(
                "too-large", "more", wanted=f"a {members.SCHEMA} of {_MAX_SCHEMA_BYTES} bytes"
            )
    return b"".join(pieces)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a name given twice in its schema")
    return document


def _malformed(found: str) -> MalformedError:
    return MalformedError("skops-malformed", found, wanted="an archive as skops writes it")
