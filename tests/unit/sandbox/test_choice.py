"""Which sandbox is used: what was set; else engine, cluster or bubblewrap; else an error with the remedy."""

from pathlib import Path

import pytest

from ona_pipeline.clients.docker import DockerEngine
from ona_pipeline.errors import BackendError
from ona_pipeline.sandbox.choice import chosen


class AnsweringEngine(DockerEngine):
    def version(self) -> str:
        return "20.10.24"


@pytest.fixture(name="nowhere")
def _nowhere(tmp_path: Path) -> DockerEngine:
    return DockerEngine(f"unix://{tmp_path}/docker.sock")


@pytest.fixture(name="programs")
def _programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_what_was_set_is_taken(nowhere: DockerEngine) -> None:
    assert chosen("docker", nowhere, is_in_cluster=False) == "docker"
    assert chosen("bubblewrap", AnsweringEngine(), is_in_cluster=True) == "bubblewrap"


def test_an_engine_that_answers_is_taken_first() -> None:
    assert chosen("auto", AnsweringEngine(), is_in_cluster=True) == "docker"


def test_without_an_engine_bubblewrap_is_taken(nowhere: DockerEngine, programs: Path) -> None:
    (programs / "bwrap").touch(mode=0o755)
    assert chosen("auto", nowhere, is_in_cluster=False) == "bubblewrap"


def test_in_a_pod_without_an_engine_the_cluster_is_taken(nowhere: DockerEngine, programs: Path) -> None:
    (programs / "bwrap").touch(mode=0o755)
    assert chosen("auto", nowhere, is_in_cluster=True) == "kubernetes"


def test_without_either_the_remedy_is_named(nowhere: DockerEngine, programs: Path) -> None:
    with pytest.raises(BackendError, match="bwrap is not there either") as error:
        chosen("auto", nowhere, is_in_cluster=False)
    assert "install bubblewrap" in error.value.hint
