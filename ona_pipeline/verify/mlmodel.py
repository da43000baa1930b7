"""The MLmodel file, read as data: what would MLflow load, and with what?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ona_pipeline.records.finding import Finding, Severity

NAME = "MLmodel"
FORM = "model.skops"
_LOADERS = ("mlflow.sklearn", "mlflow.onnx")
# By flavour: the key that names the model's file, and the formats that MLflow would load it as.
_STORED = {
    "sklearn": ("pickled_model", ("skops", "pickle")),
    "onnx": ("data", ("onnx",)),
}
_MAX_BYTES = 1 << 20
_CODE_KEYS = (
    "code",
    "code_dir_subpath",
    "model_code_path",
    "loader_module",
    "python_model",
    "cloudpickle_version",
)


class _Strict(yaml.SafeLoader):
    """The safe loader, without the last freedoms it leaves: aliases that can grow, keys given twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("an alias")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002  yaml's signature
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(keys) != len(set(map(str, keys))):
            raise yaml.YAMLError("a key given twice")
        return super().construct_mapping(node, deep)


def judge(present: dict[str, Path], kinds: dict[str, str]) -> Iterator[Finding]:
    """Findings for an MLmodel that is missing or no plain data, or that names code or another loader.

    Args:
        present: files of the model directory by name.
        kinds: what each of them is, by its content.
    """
    if NAME not in present:
        yield _unreadable("wanted the file that describes the model, found none")
        return
    try:
        document = parse(present[NAME])
    except (yaml.YAMLError, OSError, ValueError, RecursionError) as error:
        found = "values in each other without end" if isinstance(error, RecursionError) else str(error)
        yield _unreadable(f"wanted plain YAML without tags or aliases, found {' '.join(found.split())}")
        return
    yield from _code(document["flavors"])
    yield from _stored(document["flavors"], kinds)
    yield from _claims(document["flavors"])


def parse(path: Path) -> dict[str, Any]:
    """The content of an MLmodel file.

    Raises:
        ValueError: it is too large, or is not a mapping with flavors.
        yaml.YAMLError: it is not plain YAML: a tag, an alias, a key given twice.
    """
    if path.stat().st_size > _MAX_BYTES:
        raise ValueError(f"more than {_MAX_BYTES} bytes")
    document: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _Strict)  # noqa: S506  a stricter SafeLoader
    flavors = document.get("flavors") if isinstance(document, dict) else None
    if not isinstance(flavors, dict) or not all(isinstance(flavor, dict) for flavor in flavors.values()):
        raise ValueError("no mapping called flavors")
    return document


def _code(flavors: dict[str, dict[str, Any]]) -> Iterator[Finding]:
    for flavor, settings in flavors.items():
        for key in _CODE_KEYS:
            value = settings.get(key)
            if value is not None and not (key == "loader_module" and value in _LOADERS):
                yield Finding(
                    "code-in-model",
                    NAME,
                    f"{NAME}: flavors.{flavor}.{key}: wanted {_wanted(key)}, found {value!r}",
                    hint="log the model with mlflow.sklearn and without code_paths",
                )


def _stored(flavors: dict[str, dict[str, Any]], kinds: dict[str, str]) -> Iterator[Finding]:
    named = set()
    for flavor, (key, loaded_as) in _STORED.items():
        if flavor in flavors:
            stored = flavors[flavor].get(key)
            named.add(str(stored))
            kind = kinds.get(str(stored), "")
            if kind not in loaded_as or (kind == "skops" and stored != FORM):
                yield _not_stored(f"flavors.{flavor}.{key}", stored, kind or "no such file")
                return
    if not named:
        yield _not_stored("flavors", sorted(map(str, flavors)), "neither")
    for key in ("model_path", "data"):
        again = flavors.get("python_function", {}).get(key)
        if again is not None and again not in named:
            yield _not_stored(f"flavors.python_function.{key}", again, "another file")


def _claims(flavors: dict[str, dict[str, Any]]) -> Iterator[Finding]:
    """What the model says may be trusted in it; policy alone decides that."""
    for flavor, settings in flavors.items():
        if claimed := settings.get("skops_trusted_types"):
            yield Finding(
                "claim-not-honoured",
                NAME,
                f"{NAME}: flavors.{flavor}.skops_trusted_types: claims {claimed!r:.400}, policy decides",
                severity=Severity.NOTE,
            )


def _not_stored(place: str, stored: Any, kind: str) -> Finding:
    return Finding(
        "format-not-allowed",
        NAME,
        f"{NAME}: {place}: wanted {FORM!r} or an ONNX file, and that file, found {stored!r} ({kind})",
        hint='save the model with mlflow.sklearn and serialization_format="skops"',
    )


def _wanted(key: str) -> str:
    return " or ".join(_LOADERS) if key == "loader_module" else "nothing"


def _unreadable(what: str) -> Finding:
    return Finding(
        "mlmodel-unreadable", NAME, f"{NAME}: {what}", hint="commit the directory as MLflow wrote it"
    )
