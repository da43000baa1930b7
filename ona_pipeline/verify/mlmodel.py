"""The MLmodel file, read as data: what would MLflow load, and with what?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ona_pipeline.records.finding import Finding

NAME = "MLmodel"
FORM = "model.skops"
_LOADER = "mlflow.sklearn"
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


def judge(present: dict[str, Path]) -> Iterator[Finding]:
    """Findings for an MLmodel that is missing or no plain data, or that names code or another loader."""
    if NAME not in present:
        yield _unreadable("wanted the file that describes the model, found none")
        return
    try:
        document = parse(present[NAME])
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        yield _unreadable(f"wanted plain YAML without tags or aliases, found {' '.join(str(error).split())}")
        return
    yield from _code(document["flavors"])
    yield from _stored(document["flavors"], present)


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
            if value is not None and (key, value) != ("loader_module", _LOADER):
                yield Finding(
                    "code-in-model",
                    NAME,
                    f"{NAME}: flavors.{flavor}.{key}: wanted {_wanted(key)}, found {value!r}",
                    hint="log the model with mlflow.sklearn and without code_paths",
                )


def _stored(flavors: dict[str, dict[str, Any]], present: dict[str, Path]) -> Iterator[Finding]:
    stored = flavors.get("sklearn", {}).get("pickled_model")
    if stored != FORM or FORM not in present:
        yield Finding(
            "format-not-allowed",
            NAME,
            f"{NAME}: flavors.sklearn.pickled_model: wanted {FORM!r} and that file, found {stored!r}",
            hint='save the model with mlflow.sklearn and serialization_format="skops"',
        )


def _wanted(key: str) -> str:
    return repr(_LOADER) if key == "loader_module" else "nothing"


def _unreadable(what: str) -> Finding:
    return Finding(
        "mlmodel-unreadable", NAME, f"{NAME}: {what}", hint="commit the directory as MLflow wrote it"
    )
