"""What is imported before a command has anything to do."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.projects import Project

HEAVY = {"docker", "great_expectations", "kubernetes", "mlflow", "numpy", "pandas", "sklearn"}
NOT_FOR_HELP = HEAVY | {"alembic", "msgspec", "pydantic", "rich", "sqlalchemy"}
PROGRAM = """\
import sys
sys.argv[0] = "ona"
from ona_pipeline.cli.app import main
try:
    main()
except SystemExit as end:
    sys.stderr.write(f"exit {end.code or 0}\\n")
sys.stderr.write("imported " + " ".join({name.partition(".")[0] for name in sys.modules}))
"""


def imported(*arguments: str, folder: Path | None = None) -> set[str]:
    """Top-level names of everything that `ona` imported on the way to its end."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert "exit 0" in done.stderr, done.stderr
    return set(done.stderr.rpartition("imported ")[2].split())


def test_the_list_of_commands_imports_nothing_slow() -> None:
    assert not imported("--help") & NOT_FOR_HELP


def test_the_help_of_a_command_imports_nothing_of_the_road() -> None:
    # Typer itself takes pydantic in for a command's parameters.
    assert not imported("release", "--help") & (NOT_FOR_HELP - {"pydantic"})


@pytest.mark.parametrize("command", ["status", "history"])
def test_looking_imports_no_stage_and_no_client(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONA_LEDGER", f"sqlite:///{tmp_path}/ledger.db")
    project = Project(tmp_path / "project")
    assert not imported(command, folder=project.folder) & HEAVY


def test_verifying_imports_nothing_that_could_load_a_model(tmp_path: Path) -> None:
    model = Path(__file__).parents[2] / "models" / "digits" / "model" / "model.skops"
    loaders = {"joblib", "onnx", "scipy", "skops"}
    assert not imported("verify", str(model), folder=tmp_path) & (HEAVY | loaders)
