"""The gateway and its other end, without a container: what gets through, and what does not."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ona_pipeline.errors import BackendError
from ona_pipeline.retraining import inside
from ona_pipeline.retraining.gateway import SOCKET, gateway

GET = b"GET /api/2.0/mlflow/runs/get HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def ask(folder: Path, request: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as near:
        near.settimeout(10)
        near.connect(str(folder / SOCKET))
        near.sendall(request)
        return b"".join(iter(lambda: near.recv(65536), b""))


@pytest.fixture
def sent(tmp_path):
    asked: list[tuple[str, str, bytes]] = []

    def forward(method: str, path: str, body: bytes) -> tuple[int, bytes]:
        asked.append((method, path, body))
        return 200, b'{"run": {}}'

    with gateway(tmp_path, forward=forward, run_id="mine", experiment_id="7"):
        yield asked


def test_a_request_about_the_run_is_sent_on_and_answered(sent, tmp_path):
    answer = ask(tmp_path, GET)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b'{"run": {}}')
    assert sent == [("GET", "/api/2.0/mlflow/runs/get?run_id=mine", b"")]


def test_another_request_is_refused_and_not_sent_on(sent, tmp_path):
    answer = ask(tmp_path, GET.replace(b"runs/get", b"runs/search"))
    assert answer.startswith(b"HTTP/1.1 403")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error_code"] == "PERMISSION_DENIED"
    assert sent == []


@pytest.mark.parametrize("length", [b"99999999", b"-1", b"many"])
def test_a_body_that_is_too_large_is_not_read(sent, tmp_path, length):
    request = GET.replace(b"GET", b"POST").replace(
        b"\r\n\r\n", b"\r\nContent-Length: " + length + b"\r\n\r\n"
    )
    assert ask(tmp_path, request).startswith(b"HTTP/1.1 413")
    assert sent == []


def test_a_server_that_is_down_is_told_to_the_training(tmp_path):
    def forward(method: str, path: str, body: bytes) -> tuple[int, bytes]:
        raise BackendError("the MLflow server is not there", retryable=True)

    with gateway(tmp_path, forward=forward, run_id="mine", experiment_id="7"):
        assert ask(tmp_path, GET).startswith(b"HTTP/1.1 503")


def test_a_crowd_of_idle_connections_does_not_stop_the_next_ones_for_ever(sent, tmp_path):
    crowd = [socket.socket(socket.AF_UNIX) for _ in range(16)]
    for each in crowd:
        each.connect(str(tmp_path / SOCKET))
    for each in crowd:
        each.close()
    assert ask(tmp_path, GET).startswith(b"HTTP/1.1 200")


def test_the_other_end_looks_like_a_server_and_ends_as_the_command_ends(sent, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = (
        "import sys, urllib.request as r;"
        f"print(r.urlopen('http://127.0.0.1:{port}/api/2.0/mlflow/runs/get').status); sys.exit(5)"
    )
    command = [
        sys.executable,
        inside.__file__,
        str(tmp_path / SOCKET),
        str(port),
        sys.executable,
        "-c",
        script,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == ("200\n", 5)
