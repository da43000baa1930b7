"""The installed `ona verify`: in a repository and outside of one, on whatever lies at a path."""

import json
import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.linear_model import LogisticRegression

from tests.digits import MODEL
from tests.projects import Project

ONA = Path(sys.executable).with_name("ona")
TIMEOUT_S = 60


def verify(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it in a folder, for as long as it could need and no longer."""
    command = [str(ONA), "verify", *arguments]
    surroundings = os.environ | {"ONA_TRUSTED_REF": ""} | environment
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=TIMEOUT_S, env=surroundings
    )


@pytest.fixture(name="project")
def _project(tmp_path: Path) -> Project:
    project = Project(tmp_path / "project")
    (project.folder / "old.pkl").write_bytes(pickle.dumps(LogisticRegression()))
    return project


def policy(project: Project, formats: str) -> None:
    (project.folder / "pyproject.toml").write_text(f"[tool.ona.verify]\nformats = [{formats}]\n")


def test_outside_of_a_repository_the_shipped_policy_judges(tmp_path: Path) -> None:
    assert verify(tmp_path, str(MODEL / "model")).returncode == 0
    (tmp_path / "old.pkl").write_bytes(pickle.dumps(LogisticRegression()))
    assert verify(tmp_path, "old.pkl").returncode == 3


def test_a_change_of_the_policy_counts_when_it_is_on_the_trusted_ref(project: Project) -> None:
    policy(project, "'skops', 'pickle'")
    assert verify(project.folder, "old.pkl").returncode == 3
    project.git("checkout", "--quiet", "-b", "wider")
    project.commit("a wider policy, by the commit that needs it")
    assert verify(project.folder, "old.pkl").returncode == 3
    project.git("checkout", "--quiet", "main")
    project.git("merge", "--quiet", "wider")
    assert verify(project.folder, "old.pkl").returncode == 0


def test_a_narrower_policy_counts_too(project: Project) -> None:
    policy(project, "'onnx'")
    project.commit("skops no longer")
    done = verify(project.folder, str(MODEL / "model" / "model.skops"), "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["findings"][0]["code"] == "format-not-allowed"


def test_pipes_sockets_and_devices_are_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket may be a hundred bytes long
    os.mkfifo("pipe.skops")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.skops")
    done = verify(tmp_path, "pipe.skops", "socket.skops", "/dev/zero", "/dev/null", "--json")
    assert done.returncode == 3
    codes = [json.loads(line)["findings"][0]["code"] for line in done.stdout.splitlines()]
    assert codes == ["unreadable"] * 4


def test_a_thousand_files_are_judged_at_once(tmp_path: Path) -> None:
    content = pickle.dumps(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))
    for number in range(1000):
        (tmp_path / f"{number}.pkl").write_bytes(content)
    done = verify(tmp_path, "--formats", "pickle", "--json", *(f"{number}.pkl" for number in range(1000)))
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1000
