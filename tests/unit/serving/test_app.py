"""Routes, body limits, readiness, the queue, draining, metrics."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.serving.asgi import Caller, Reply
from tests.unit.serving.images import digit_rows, tensor

INFER = "/v2/models/digits/infer"
ONE_ROW = {"inputs": [tensor("pixels", digit_rows(1))]}
MEBIBYTE = b" " * (1 << 20)


@pytest.mark.parametrize(
    "path",
    [
        "/v2",
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/models/digits",
        "/v2/models/digits/versions/abc",
        "/v2/models/digits/ready",
        "/v2/models/digits/versions/abc/ready",
        "/ping",
        "/health",
        "/version",
        "/metrics",
    ],
)
def test_every_route_answers(server: Caller, path: str) -> None:
    assert server.get(path).status == 200
    assert server.get(path, "HEAD").status == 200
    assert server.post(path, {}).headers["allow"] == "GET"


def test_metadata_names_inputs_outputs_and_the_release(server: Caller) -> None:
    described = server.get("/v2/models/digits").json
    assert described["inputs"] == [{"name": "pixels", "datatype": "FP64", "shape": [-1, 64]}]
    assert described["outputs"] == [
        {"name": "label", "datatype": "INT64", "shape": [-1]},
        {"name": "probabilities", "datatype": "FP64", "shape": [-1, 10]},
    ]
    assert (described["versions"], described["parameters"]["release"]) == (["abc"], "r-1")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v2/models/", 404),
        ("GET", "/v2/models/digits/x", 404),
        ("GET", "/v2/models/other", 404),
        ("GET", "/v2/models/digits/versions/2", 404),
        ("GET", INFER, 405),
        ("DELETE", "/v2", 405),
    ],
)
def test_what_is_not_there_is_said(server: Caller, method: str, path: str, status: int) -> None:
    reply = server.get(path, method)
    assert reply.status == status
    assert reply.error


@pytest.mark.parametrize("headers", [{"content-type": "text/plain"}, {"content-encoding": "gzip"}])
def test_another_media_type_is_refused(server: Caller, headers: dict[str, str]) -> None:
    assert server.post(INFER, ONE_ROW, headers).status == 415
    assert server.post("/invocations", ONE_ROW, headers).status == 415


def test_a_body_declared_too_long_is_refused_before_a_byte_is_read(server: Caller) -> None:
    caller = Caller(server.app)
    headers = {"content-length": "100000000"}
    reply = asyncio.run(caller.ask("POST", INFER, [], headers))
    assert (reply.status, reply.error) == (413, "body: wanted at most 16777216 bytes, found 100000000 bytes")
    assert (caller.chunks_read, reply.headers["connection"]) == (0, "close")


def test_a_chunked_body_is_refused_once_it_is_too_long(server: Caller) -> None:
    kept: list[int] = []

    def chunks() -> Iterator[bytes]:
        for number in range(100):
            kept.append(number)
            yield MEBIBYTE

    reply = asyncio.run(Caller(server.app).ask("POST", "/invocations", chunks()))
    assert (reply.status, reply.error) == (413, "body: wanted at most 16777216 bytes, found more")


def test_a_caller_that_goes_away_ends_the_request(server: Caller) -> None:
    reply = asyncio.run(Caller(server.app).ask("POST", INFER, []))
    assert reply.status == 400


def files_of_damage() -> dict[str, tuple[Callable[[Path], object], str]]:
    return {
        "changed file": (
            lambda root: (root / "model/MLmodel").write_text("x"),
            "model/MLmodel: changed: wanted sha256:",
        ),
        "added file": (lambda root: (root / "model/x.pkl").touch(), "model/x.pkl: added: wanted nothing"),
        "changed manifest": (
            lambda root: (root / "model.manifest.json").write_text('{"files":{}}\n'),
            "model.manifest.json: wanted sha256:",
        ),
        "no manifest": (lambda root: (root / "model.manifest.json").unlink(), "cannot be read"),
        "no release": (lambda root: (root / "release.json").unlink(), "release.json: cannot be read"),
        "broken release": (lambda root: (root / "release.json").write_text("{}"), "missing required field"),
    }


@pytest.mark.parametrize(("damage", "reason"), files_of_damage().values(), ids=files_of_damage().keys())
def test_what_is_not_as_released_is_never_ready_and_says_why(
    image: Path,
    serve: Callable[..., Caller],
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[Path], object],
    reason: str,
) -> None:
    damage(image)
    server = serve(image)
    ready = server.get("/v2/health/ready")
    assert (ready.status, reason in ready.error) == (503, True)
    assert server.get("/v2/health/live").status == 200
    assert server.post(INFER, ONE_ROW).status == 503
    assert server.post("/invocations", {"inputs": []}).status == 503
    assert [reason in record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        True
    ]


def test_a_server_that_has_not_loaded_yet_is_live_and_not_ready(image: Path) -> None:
    from ona_pipeline.clients.inference import LOADING
    from ona_pipeline.serving.app import App
    from ona_pipeline.serving.environment import Environment
    from ona_pipeline.serving.service import Service

    server = Caller(App(Service(Environment(root=image))))
    assert server.get("/v2/health/live").status == 200
    assert server.get("/v2/health/ready").error == LOADING
    assert server.get("/v2/models/digits").status == 503


def test_draining_is_not_ready_and_still_answers(image: Path, serve: Callable[..., Caller]) -> None:
    server = serve(image)
    server.app.service.drain()
    assert server.get("/v2/health/ready").status == 503
    reply = server.post(INFER, ONE_ROW)
    assert (reply.status, reply.headers["connection"]) == (200, "close")


def test_health_answers_while_predictions_wait_and_a_full_queue_says_when_to_come_back(
    image: Path, serve: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(image, threads=1, queue=1)
    may_end, predict = threading.Event(), server.app.service.predictor.predict

    def slow(arrays: Any) -> Any:
        may_end.wait(10)
        return predict(arrays)

    monkeypatch.setattr(server.app.service.predictor, "predict", slow)
    monkeypatch.setattr(server.app.service, "_is_quick", False)
    first, refused, health = asyncio.run(_two_wait_and_one_more_asks(server, may_end))
    assert [reply.status for reply in first] == [200, 200]
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert health.status == 200


async def _two_wait_and_one_more_asks(
    server: Caller, may_end: threading.Event
) -> tuple[list[Reply], Reply, Reply]:
    import msgspec

    body = [msgspec.json.encode(ONE_ROW)]
    waiting = [asyncio.create_task(server.ask("POST", INFER, body)) for _ in range(2)]
    await asyncio.sleep(0.05)
    refused = await server.ask("POST", INFER, body)
    health = await server.ask("GET", "/v2/health/ready")
    may_end.set()
    return [await task for task in waiting], refused, health


def test_a_fault_is_a_500_without_details(server: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: Any) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("ona_pipeline.serving.protocol.decode_request", fault)
    reply = server.post(INFER, ONE_ROW)
    assert (reply.status, "secret" in reply.error) == (500, False)


def test_metrics_count_requests_rows_labels_and_name_the_release(
    image: Path, serve: Callable[..., Caller]
) -> None:
    server = serve(image)
    server.post(INFER, {"inputs": [tensor("pixels", digit_rows(3))]})
    server.post(INFER, b"{")
    server.get("/x/1")
    text = server.get("/metrics").body.decode()
    assert 'ona_requests_total{code="200",route="/v2/models/{model}/infer"} 1.0' in text
    assert 'ona_errors_total{route="/v2/models/{model}/infer"} 1.0' in text
    assert 'ona_requests_total{code="404",route="other"} 1.0' in text
    assert 'ona_predictions_total{label="0"} 1.0' in text
    assert "ona_rows_total 3.0" in text
    assert 'model="digits"' in text
    assert 'release="r-1"' in text
    assert "ona_ready 1.0" in text


def test_the_number_of_label_series_is_bounded() -> None:
    import numpy as np

    from ona_pipeline.serving.metrics import Metrics
    from ona_pipeline.serving.release import Identity

    metrics = Metrics(Identity())
    metrics.predicted({"label": np.arange(150)})
    text = metrics.text().decode()
    assert text.count("ona_predictions_total{") == 101
    assert 'ona_predictions_total{label="other"} 50.0' in text


def test_a_model_that_turns_out_slow_is_asked_in_a_thread_from_then_on(
    image: Path, serve: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(image)
    service, asked_in = server.app.service, []
    monkeypatch.setattr(service, "_is_quick", True)
    predict = service.predictor.predict

    def slow(arrays: Any) -> Any:
        asked_in.append(threading.current_thread() is threading.main_thread())
        time.sleep(0.03)
        return predict(arrays)

    monkeypatch.setattr(service.predictor, "predict", slow)
    assert [server.post(INFER, ONE_ROW).status for _ in range(2)] == [200, 200]
    assert asked_in == [True, False]


def test_the_openapi_document_names_this_model_and_every_route(server: Caller) -> None:
    document = server.get("/openapi.json").json
    assert document["openapi"] == "3.1.0"
    served = {path.replace("/digits", "/{model}") for path in document["paths"]}
    assert served == set(server.app._routes)
    infer = document["paths"]["/v2/models/digits/infer"]["post"]
    schema = infer["requestBody"]["content"]["application/json"]["schema"]
    (tensor,) = schema["properties"]["inputs"]["items"]["anyOf"]
    assert tensor["properties"]["name"] == {"const": "pixels"}
    assert {"400", "413", "503"} <= infer["responses"].keys()
