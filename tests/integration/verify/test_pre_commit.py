"""The hook that `.pre-commit-hooks.yaml` offers, run by pre-commit itself, without a network."""

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.linear_model import LogisticRegression

from tests.digits import MODEL, PROJECT
from tests.projects import Project

BIN = Path(sys.executable).parent


@pytest.fixture(name="hooks")
def _hooks(tmp_path: Path) -> Project:
    """A repository that offers the hook, as this one does."""
    hooks = Project(tmp_path / "ona")
    shutil.copy(PROJECT / ".pre-commit-hooks.yaml", hooks.folder)
    hooks.commit("offer the hook")
    return hooks


@pytest.fixture(name="project")
def _project(tmp_path: Path, hooks: Project) -> Project:
    """A repository that uses it."""
    project = Project(tmp_path / "project")
    revision = hooks.git("rev-parse", "HEAD").strip()
    (project.folder / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {hooks.folder}\n    rev: {revision}\n    hooks:\n      - id: ona-verify\n"
    )
    project.commit("use the hook")
    return project


def run(project: Project, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Judge what is staged, as a commit would."""
    surroundings = os.environ | {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(tmp_path / "cache"),
        "ONA_TRUSTED_REF": "",
    }
    project.git("add", "--all")
    command = [str(BIN / "pre-commit"), "run"]
    return subprocess.run(
        command,
        cwd=project.folder,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_an_honest_model_may_be_committed_and_a_pickle_may_not(project: Project, tmp_path: Path) -> None:
    shutil.copy(MODEL / "model" / "model.skops", project.folder / "-good model.skops")
    passed = run(project, tmp_path)
    assert (passed.returncode, "Passed" in passed.stdout) == (0, True), passed.stdout + passed.stderr
    (project.folder / "bad.pkl").write_bytes(pickle.dumps(LogisticRegression()))
    refused = run(project, tmp_path)
    assert refused.returncode == 1
    assert "format-not-allowed: bad.pkl" in refused.stdout
    assert "exit code: 3" in refused.stdout
