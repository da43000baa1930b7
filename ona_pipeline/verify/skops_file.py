"""A skops archive, looked into without loading it: every type that loading would make.

The walk is stricter than skops' own audit: it also names what skops trusts by itself, and refuses what no
honest writer produces (an older protocol, names given twice, members that are not arrays).
"""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ona_pipeline.records.finding import Finding
from ona_pipeline.verify import members

SCHEMA = "schema.json"
PROTOCOL = 2
_MAX_SCHEMA_BYTES = 256 << 20


class SkopsContent(msgspec.Struct, frozen=True):
    """What is in an archive.

    Attributes:
        types: every ``module.name`` that loading would import or make.
        findings: why it is no archive to load, where it is not.
    """

    types: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()


def read(path: Path, name: str, *, max_bytes: int) -> SkopsContent:
    """Look into the archive at `path`, called `name` in findings; it may unpack to `max_bytes` at most."""
    try:
        with zipfile.ZipFile(path) as archive:
            findings = tuple(members.judge(archive, name, max_bytes=max_bytes))
            if findings:
                return SkopsContent(findings=findings)
            return SkopsContent(types=frozenset(_types(_schema(archive))))
    except (
        zipfile.BadZipFile,
        ValueError,
        KeyError,
        TypeError,
        RecursionError,
        NotImplementedError,
    ) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        finding = Finding(
            "skops-malformed", name, f"{name}: wanted an archive as skops writes it, found {reason}"
        )
        return SkopsContent(findings=(finding,))


def _schema(archive: zipfile.ZipFile) -> dict[str, Any]:
    if archive.getinfo(SCHEMA).file_size > _MAX_SCHEMA_BYTES:
        raise ValueError(f"a {SCHEMA} of more than {_MAX_SCHEMA_BYTES} bytes")
    schema = json.loads(archive.read(SCHEMA), object_pairs_hook=_without_duplicates)
    if (
        not isinstance(schema, dict)
        or type(schema.get("protocol")) is not int
        or schema["protocol"] != PROTOCOL
    ):
        raise ValueError(f"another protocol than {PROTOCOL}: older readers are less strict")
    return schema


def _types(schema: dict[str, Any]) -> Iterator[str]:
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
    yield f"{module}.{kind}"
    if loader == "MethodNode":
        yield f"{module}.{kind}.{node['content']['func']}"
    if loader == "RandomGeneratorNode":
        # numpy finds this class by a name inside the state: skops' source, RandomGeneratorNode.
        state = node["content"]["bit_generator"]["content"]["bit_generator"]["content"]
        yield f"numpy.random.{json.loads(state)}"


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a name given twice in its schema")
    return document
