"""The rooms of the package, and who may enter which."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "ona_pipeline"
STAGES = ("source", "verify", "prepare", "validate", "build", "publish", "approve", "rollout", "retraining")
HEAVY = {
    "docker",
    "great_expectations",
    "joblib",
    "kubernetes",
    "matplotlib",
    "mlflow",
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
    "skops",
    "uvicorn",
}
FOUNDATION = {"records", "errors", "policy"}
SHARED = {"clients", "sandbox", "image", "attestation", "ledger", "serving"}
ALLOWED = {
    "records": {"records", "errors"},
    "errors": set(),
    "policy": FOUNDATION | {"pyproject"},
    "settings": {"errors", "pyproject"},
    "pyproject": {"errors"},
    "sandbox": {"sandbox", "clients", *FOUNDATION},
    "clients": {"clients", *FOUNDATION},
    "ledger": {"ledger", *FOUNDATION},
    "attestation": {"attestation", "clients", "image", *FOUNDATION},
    "image": {"image", "clients", "sandbox", *FOUNDATION},
    "serving": set(),
    **{stage: {stage, *SHARED, *FOUNDATION} for stage in STAGES},
}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "migrations/versions" not in path.as_posix())


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path, *, at_import: bool = False) -> Iterator[str]:
    """Absolute names of what a module imports; with `at_import`, only what importing the module runs."""
    for node in _nodes(ast.parse(path.read_text()), at_import=at_import):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _nodes(tree: ast.AST, *, at_import: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(tree):
        if at_import and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if at_import and isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _nodes(child, at_import=at_import)


def rooms_entered(path: Path) -> set[str]:
    ours = [name.split(".") for name in imports(path) if name.startswith("ona_pipeline.")]
    return {parts[1] for parts in ours}


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
class TestEveryModule:
    def test_enters_only_the_rooms_that_it_may(self, path: Path) -> None:
        allowed = ALLOWED.get(room(path))
        if allowed is not None:
            assert rooms_entered(path) <= allowed | ({room(path)} if path.parent != PACKAGE else set())

    def test_imports_no_other_stage(self, path: Path) -> None:
        if room(path) in STAGES:
            assert not rooms_entered(path) & (set(STAGES) - {room(path)})

    def test_imports_neither_the_commands_nor_the_wiring(self, path: Path) -> None:
        if room(path) != "cli":
            assert "cli" not in rooms_entered(path)
        if room(path) not in {"ona", "wiring"}:
            assert "wiring" not in rooms_entered(path)

    def test_imports_nothing_heavy_before_it_is_used(self, path: Path) -> None:
        if room(path) != "serving":
            assert not {name.split(".")[0] for name in imports(path, at_import=True)} & HEAVY

    def test_says_what_it_is_for(self, path: Path) -> None:
        assert ast.get_docstring(ast.parse(path.read_text()))


def test_records_import_the_standard_library_msgspec_and_errors_alone() -> None:
    import sys

    for path in (PACKAGE / "records").rglob("*.py"):
        foreign = {name.split(".")[0] for name in imports(path)} - sys.stdlib_module_names
        assert foreign <= {"msgspec", "ona_pipeline"}, path


def test_verify_imports_nothing_that_could_load_a_model() -> None:
    loaders = {"pickle", "_pickle", "cloudpickle", "dill", "marshal", "shelve", "onnx", "onnxruntime"}
    for path in (PACKAGE / "verify").rglob("*.py"):
        assert not {name.split(".")[0] for name in imports(path)} & (HEAVY | loaders), path


def test_every_room_of_the_road_is_there() -> None:
    road = {"source", "verify", "prepare", "validate", "build", "publish", "approve", "rollout"}
    assert road <= {path.name for path in PACKAGE.iterdir() if path.is_dir()}
