"""The server as a process of its own, over real sockets, asked by other people's clients."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from ona_pipeline.serving import VERSION
from tests.integration.serving.conftest import Running
from tests.unit.serving.images import digit_rows, tensor

INFER = "/v2/models/digits/infer"
ONE_ROW = {"inputs": [tensor("pixels", digit_rows(1))]}


@pytest.fixture
def ending_server(start: Callable[..., Running], image: Path) -> Running:
    """A ready server of the test's own, which it may end."""
    running = start(image, ONA_DRAIN_S="3")
    running.wait_until(200)
    return running


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:gevent.*", "ignore::DeprecationWarning:geventhttpclient.*"
)
def test_a_triton_client_is_understood(server: Running, digits: Any) -> None:
    from tritonclient import http

    client = http.InferenceServerClient(f"127.0.0.1:{server.port}")
    asked = http.InferInput("pixels", [20, 64], "FP64")
    asked.set_data_from_numpy(digit_rows(20), binary_data=False)
    outputs = [http.InferRequestedOutput(name, binary_data=False) for name in ("label", "probabilities")]
    answer = client.infer("digits", [asked], outputs=outputs, request_id="7")
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("digits", "abc")
    assert client.get_model_metadata("digits")["parameters"]["release"] == "r-1"
    assert (answer.as_numpy("label") == digits.predict(digit_rows(20))).all()
    assert np.array_equal(answer.as_numpy("probabilities"), digits.predict_proba(digit_rows(20)))
    client.close()


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:gevent.*", "ignore::DeprecationWarning:geventhttpclient.*"
)
def test_a_triton_client_is_understood_in_bytes_too(server: Running, digits: Any) -> None:
    from tritonclient import http

    client = http.InferenceServerClient(f"127.0.0.1:{server.port}")
    asked = http.InferInput("pixels", [20, 64], "FP64")
    asked.set_data_from_numpy(digit_rows(20))
    wanted = [
        http.InferRequestedOutput("label"),
        http.InferRequestedOutput("probabilities", binary_data=False),
    ]
    for outputs in (wanted, None):
        answer = client.infer("digits", [asked], outputs=outputs)
        assert (answer.as_numpy("label") == digits.predict(digit_rows(20))).all()
        assert np.array_equal(answer.as_numpy("probabilities"), digits.predict_proba(digit_rows(20)))
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    client.close()


@pytest.mark.filterwarnings("ignore:.*Any type hint is inferred:UserWarning")  # as it is imported
def test_mlflows_client_is_understood(server: Running, digits: Any) -> None:
    import pandas as pd
    from mlflow.pyfunc.scoring_server.client import ScoringServerClient

    client = ScoringServerClient("127.0.0.1", server.port)  # type: ignore[no-untyped-call]
    client.ping()  # type: ignore[no-untyped-call]
    assert client.get_version() == VERSION  # type: ignore[no-untyped-call]
    predictions = client.invoke(pd.DataFrame(digit_rows(5))).get_predictions()
    assert predictions[0].tolist() == digits.predict(digit_rows(5)).tolist()


@pytest.mark.parametrize("sent", [b"", b"POST /invocations HT", b"GET /v2 HTTP/1.1\r\nhost: x\r\n"])
def test_a_head_that_does_not_come_is_not_waited_for(start, image: Path, sent: bytes) -> None:
    server = start(image, ONA_PATIENCE_S="0.5")
    server.wait_until(200)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(sent)
        assert connection.recv(100) == b""


def test_a_body_that_does_not_come_is_refused_with_408(start, image: Path) -> None:
    server = start(image, ONA_PATIENCE_S="0.5")
    server.wait_until(200)
    head = f"POST {INFER} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head + b"{")
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"body: wanted all of it within 0.5 s" in answer


def test_an_idle_connection_is_kept_between_requests(start, image: Path) -> None:
    server = start(image, ONA_PATIENCE_S="0.5")
    server.wait_until(200)
    with httpx.Client(base_url=server.url) as client:
        client.get("/v2/health/live")
        time.sleep(1)
        assert client.get("/v2/health/live").status_code == 200


def test_invocations_answer_over_http(server: Running, digits: Any) -> None:
    reply = httpx.post(f"{server.url}/invocations", json={"instances": digit_rows(2).tolist()})
    assert reply.json() == {"predictions": digits.predict(digit_rows(2)).tolist()}
    assert reply.headers["ona-release"] == "r-1"


def test_a_body_of_100_mb_is_refused_and_the_caller_reads_why(server: Running) -> None:
    before = _peak_kb(server)
    reply = httpx.post(server.url + INFER, content=b" " * 100_000_000)
    assert (reply.status_code, "at most 16777216 bytes" in reply.json()["error"]) == (413, True)
    assert _peak_kb(server) - before < 20_000
    assert httpx.post(server.url + INFER, json=ONE_ROW).status_code == 200


def test_a_chunked_body_of_100_mb_is_refused_and_the_caller_reads_why(server: Running) -> None:
    before = _peak_kb(server)
    reply = httpx.post(server.url + INFER, content=(b" " * 1_000_000 for _ in range(100)))
    assert (reply.status_code, reply.headers["connection"]) == (413, "close")
    assert _peak_kb(server) - before < 60_000


def test_a_long_body_is_refused_before_it_is_sent(server: Running) -> None:
    head = f"POST {INFER} HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\nexpect: 100-continue\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_changed_file_keeps_the_process_running_and_never_ready(
    start: Callable[..., Running], image: Path
) -> None:
    (image / "model/MLmodel").write_text("changed")
    running = start(image)
    reply = running.wait_until(503)
    assert "model/MLmodel: changed: wanted sha256:" in reply.json()["error"]
    assert httpx.get(f"{running.url}/v2/health/live").status_code == 200
    running.process.send_signal(signal.SIGTERM)
    lines = [json.loads(line) for line in running.process.communicate(timeout=10)[0].splitlines()]
    said = [line for line in lines if line["event"] == "not-servable"]
    assert [line["differences"][0]["subject"] for line in said] == ["MLmodel"]
    assert said[0]["release"] == "r-1"


def test_sigterm_loses_no_answer_while_the_service_takes_the_pod_out(ending_server: Running) -> None:
    server = ending_server
    statuses: list[int] = []
    taken_out = threading.Event()
    asking = [threading.Thread(target=_ask_until, args=(taken_out, server, statuses)) for _ in range(4)]
    for thread in asking:
        thread.start()
    while len(statuses) < 20:
        time.sleep(0.01)
    server.process.send_signal(signal.SIGTERM)
    server.wait_until(503)
    taken_out.wait(0.1)
    taken_out.set()
    for thread in asking:
        thread.join(20)
    assert server.process.wait(10) == 0
    assert set(statuses) == {200}


def _ask_until(taken_out: threading.Event, server: Running, statuses: list[int]) -> None:
    with httpx.Client(base_url=server.url) as client:
        while not taken_out.is_set():
            try:
                statuses.append(client.post(INFER, json=ONE_ROW).status_code)
            except httpx.TransportError:
                statuses.append(0)


def test_a_request_half_sent_when_listening_ends_is_still_answered(ending_server: Running) -> None:
    server = ending_server
    body = json.dumps(ONE_ROW).encode()
    head = f"POST {INFER} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head + body[:50])
        server.wait_until(200)
        server.process.send_signal(signal.SIGTERM)
        _wait_until_refused(server)
        connection.sendall(body[50:])
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert server.process.wait(10) == 0


def _wait_until_refused(server: Running) -> None:
    for _ in range(200):
        try:
            httpx.get(server.url + "/v2/health/live")
        except httpx.ConnectError:
            return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise AssertionError("the server still listens")


def test_the_server_imports_neither_mlflow_nor_anything_else_of_ona(server_path: Path, image: Path) -> None:
    code = (
        "import sys, pathlib; from ona_serving.release import read_release; "
        "from ona_serving import __main__, batch, loading; root = pathlib.Path(sys.argv[1]); "
        "release = read_release(root / 'release.json'); "
        "loading.warm_up(loading.load_checked(root, release), release); "
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'mlflow', 'ona_pipeline'}))"
    )
    command = [sys.executable, "-P", "-c", code, str(image)]
    env = {"PYTHONPATH": str(server_path)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def _peak_kb(server: Running) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
