"""Environment variables, log lines, and the signal that begins a drain."""

import asyncio
import json
import logging
import signal
import tomllib
from pathlib import Path

import pytest
import uvicorn

from ona_pipeline.serving import VERSION, log
from ona_pipeline.serving.__main__ import DrainingServer, main
from ona_pipeline.serving.environment import Environment, cpu_limit, read_environment
from ona_pipeline.serving.errors import NotServableError
from ona_pipeline.serving.release import Identity
from ona_pipeline.serving.service import Service, State


def test_settings_come_from_the_environment() -> None:
    read = read_environment({"ONA_ROOT": "/x", "ONA_PORT": "0", "ONA_THREADS": "3", "ONA_DRAIN_S": "0.5"})
    assert read == Environment(root=Path("/x"), port=0, threads=3, drain_s=0.5)


@pytest.mark.parametrize("text", ["x", "0", "-1", "inf", "nan", ""])
def test_a_wrong_setting_is_named(text: str) -> None:
    with pytest.raises(NotServableError, match=f"ONA_THREADS: wanted .*found {text!r}"):
        read_environment({"ONA_THREADS": text})


def test_a_wrong_setting_ends_the_process_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ONA_PORT", "http")
    assert main() == 2
    assert capsys.readouterr().err == "ONA_PORT: wanted a number, found 'http'\n"


def test_threads_follow_the_cpu_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))
    assert cpu_limit(tmp_path) == 8
    (tmp_path / "cpu.max").write_text("250000 100000\n")
    assert cpu_limit(tmp_path) == 3
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert cpu_limit(tmp_path) == 8
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text("50000\n")
    (tmp_path / "cpu/cpu.cfs_period_us").write_text("100000\n")
    assert cpu_limit(tmp_path) == 1


def test_a_log_line_is_json_with_the_release() -> None:
    formatter = log.JsonFormatter(Identity("r-1", "sha256:0", "digits"))
    error = ValueError("x")
    record = logging.makeLogRecord({"msg": "no", "exc_info": (ValueError, error, None), "fields": {"a": 1}})
    line = json.loads(formatter.format(record))
    assert (line["release"], line["message"], line["a"]) == ("r-1", "no", 1)
    assert "ValueError: x" in line["traceback"]


def test_the_first_signal_drains_and_the_second_ends(image: Path) -> None:
    service = Service(Environment(root=image))
    server = DrainingServer(uvicorn.Config(lambda: None, log_config=None), service, drain_s=60)
    server.handle_exit(signal.SIGTERM, None)
    assert (service.state, asyncio.run(server.on_tick(1))) == (State.DRAINING, False)
    server.handle_exit(signal.SIGTERM, None)
    assert asyncio.run(server.on_tick(2)) is True


def test_listening_ends_after_the_drain(image: Path) -> None:
    server = DrainingServer(
        uvicorn.Config(lambda: None, log_config=None), Service(Environment(root=image)), 0
    )
    server.handle_exit(signal.SIGTERM, None)
    assert asyncio.run(server.on_tick(1)) is True


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
    assert project["project"]["version"] == VERSION
