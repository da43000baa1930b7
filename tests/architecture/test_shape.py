"""Sizes, names and places that hold for every file."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "ona_pipeline").rglob("*.py"))
MOST_LINES = 300
MOST_LINES_OF_A_FUNCTION = 45
SHAPELESS = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
# A test looks for credentials in /root/*.
MACHINE_PATHS = re.compile(r"(?<![\w.$}/-])/(?:work/|root/(?!\*))")
INDEXES = re.compile(
    r"index-url[ =]\w+://(?![\w.-]*example)|files\.pythonhosted|://[\w.-]*(?:nexus|artifactory)"
)


def tracked() -> list[Path]:
    """Files of the repository, those that are about to be committed too."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def texts() -> list[tuple[str, str]]:
    found = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content and path != Path(__file__):
            found.append((path.relative_to(ROOT).as_posix(), content.decode()))
    return found


def own_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body, without the docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_and_functions_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert own_lines(node) <= MOST_LINES_OF_A_FUNCTION, node.name


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [path for path in tracked() if path.stem in SHAPELESS] == []


def test_no_file_knows_the_machine_that_it_was_written_on() -> None:
    assert [name for name, text in texts() if MACHINE_PATHS.search(text)] == []


def test_no_file_names_a_package_index() -> None:
    assert [name for name, text in texts() if INDEXES.search(text)] == []
