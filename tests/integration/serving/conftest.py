import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.serving.images import DIGITS, digits_question, fitted_digits, write_image

PACKAGE = Path(__file__).parents[3] / "ona_pipeline/serving"


@dataclass(frozen=True)
class Running:
    """A server in a process of its own, as it runs in the image."""

    process: subprocess.Popen[str]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_until(
        self, status: int, path: str = "/v2/health/ready", timeout_s: float = 60
    ) -> httpx.Response:
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            try:
                reply = httpx.get(self.url + path)
                if reply.status_code == status and "being loaded" not in reply.text:
                    return reply
            except httpx.TransportError:
                assert self.process.poll() is None, self.process.stdout
            time.sleep(0.02)
        raise AssertionError(f"{path} did not answer {status} within {timeout_s} s")


@pytest.fixture(scope="session")
def digits() -> Any:
    return fitted_digits()


@pytest.fixture(scope="session")
def server_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What PYTHONPATH names in the image: the package under its name there, and nothing of ona around it."""
    folder = tmp_path_factory.mktemp("server")
    shutil.copytree(PACKAGE, folder / "ona_serving", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture
def image(tmp_path: Path, digits: Any) -> Path:
    return write_image(tmp_path / "ona", digits, DIGITS, digits_question(digits))


@pytest.fixture(scope="session")
def server(server_path: Path, tmp_path_factory: pytest.TempPathFactory, digits: Any) -> Iterator[Running]:
    """A ready server for all tests that leave it as it is."""
    folder = tmp_path_factory.mktemp("shared")
    root = write_image(folder / "ona", digits, DIGITS, digits_question(digits))
    with _running(server_path, root, folder, {}) as running:
        running.wait_until(200)
        yield running


@pytest.fixture
def start(server_path: Path, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start servers on a folder; they are ended with the test."""
    with ExitStack() as stack:
        yield lambda root, **settings: stack.enter_context(_running(server_path, root, tmp_path, settings))


@contextmanager
def _running(server_path: Path, root: Path, cwd: Path, settings: dict[str, str]) -> Iterator[Running]:
    port = _free_port()
    variables = {"ONA_ROOT": str(root), "ONA_HOST": "127.0.0.1", "ONA_PORT": str(port), "ONA_DRAIN_S": "0.5"}
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(server_path), **variables, **settings}
    command = [sys.executable, "-W", "error", "-P", "-m", "ona_serving"]
    with subprocess.Popen(command, env=env, cwd=cwd, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Running(process, port)
        finally:
            process.kill()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
