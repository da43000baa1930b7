"""The hierarchy of errors, and the exit code of each."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from ona_pipeline import errors

PACKAGE = Path(__file__).parents[2] / "ona_pipeline"
CODES = {"OnaError": 1, "UsageError": 2, "RefusedError": 3, "BackendError": 4}


def nodes() -> Iterator[ast.AST]:
    for path in PACKAGE.rglob("*.py"):
        yield from ast.walk(ast.parse(path.read_text()))


def test_every_error_has_the_exit_code_of_the_contract() -> None:
    found = inspect.getmembers(errors, lambda kind: inspect.isclass(kind) and issubclass(kind, Exception))
    assert {name: kind.exit_code for name, kind in found} == CODES


def test_refused_is_not_errored() -> None:
    assert not issubclass(errors.RefusedError, errors.BackendError)
    assert not issubclass(errors.BackendError, errors.RefusedError)


def test_every_other_error_is_caught_in_the_package_and_becomes_one_of_these() -> None:
    raised = {
        node.name
        for node in nodes()
        if isinstance(node, ast.ClassDef)
        and node.name.endswith("Error")
        and node.name not in CODES
        and not {ast.unparse(base).rpartition(".")[2] for base in node.bases} & set(CODES)
    }
    handlers = " ".join(
        ast.unparse(node.type) for node in nodes() if isinstance(node, ast.ExceptHandler) and node.type
    )
    assert {name for name in raised if name not in handlers} == set()
