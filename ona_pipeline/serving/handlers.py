"""What each route answers."""

from typing import Any

from . import VERSION, binary, invocations, openapi, protocol
from .errors import ProtocolError
from .exchange import Answer, Request, as_json
from .metrics import CONTENT_TYPE, Metrics
from .release import Release
from .service import Service

# The protocol knows names of platforms: <framework>_<format>.
_PLATFORMS = {"skops": "sklearn_skops", "onnx": "onnxruntime_onnx"}


class Handlers:
    """The routes' answers, over one service. Each raises `ProtocolError` for a refusal."""

    def __init__(self, service: Service, metrics: Metrics) -> None:
        self._service = service
        self._metrics = metrics
        self._outputs: list[dict[str, Any]] = []

    async def server(self, _request: Request) -> Answer:
        """`GET /v2`: name and version of the server."""
        return as_json(
            {
                "name": "ona-serving",
                "version": VERSION,
                "extensions": ["binary_tensor_data"],
                **self._parameters(),
            }
        )

    async def live(self, _request: Request) -> Answer:
        """`GET /v2/health/live`: the process runs and its loop turns; says nothing of the model."""
        return as_json({"live": True})

    async def ready(self, request: Request) -> Answer:
        """`GET /v2/health/ready` and the model's own: loaded, asked what is known, no SIGTERM."""
        self._check_name(request)
        service = self._service
        if not service.is_ready:
            raise ProtocolError(f"not ready: {service.reason}", status=503)
        return as_json({"ready": True})

    async def ping(self, request: Request) -> Answer:
        """`GET /ping` and `/health`, MLflow's readiness."""
        await self.ready(request)
        return Answer(b"\n")

    async def version(self, _request: Request) -> Answer:
        """`GET /version`, as MLflow's: plain text."""
        return Answer(VERSION.encode(), content_type="text/plain; charset=utf-8")

    async def openapi(self, _request: Request) -> Answer:
        """`GET /openapi.json`: all of this, for programs."""
        return as_json(openapi.document(self._service.release))

    async def metrics(self, _request: Request) -> Answer:
        """`GET /metrics`, for Prometheus."""
        self._metrics.ready(is_ready=self._service.is_ready)
        return Answer(self._metrics.text(), content_type=CONTENT_TYPE)

    async def model(self, request: Request) -> Answer:
        """`GET /v2/models/<name>`: inputs, outputs, version, release id and model digest."""
        release = self._check_name(request)
        inputs = self._service.predictor.inputs
        self._outputs = self._outputs or await self._service.run(self._service.outputs)
        heading = {
            "name": release.model,
            "versions": [release.revision],
            "platform": _PLATFORMS.get(release.form, release.form),
        }
        return as_json({**heading, "inputs": inputs, "outputs": self._outputs, **self._parameters()})

    async def infer(self, request: Request) -> Answer:
        """`POST /v2/models/<name>/infer`."""
        release = self._check_name(request)
        length = request.headers.get(binary.HEADER)
        _want_content_type(request, "application/json", *([binary.CONTENT_TYPE] if length else []))
        body = await request.body()
        answer, predicted = await self._service.answer(body, self._infer, body, length, release)
        self._metrics.predicted(predicted)
        return answer

    async def invoke(self, request: Request) -> Answer:
        """`POST /invocations`, as MLflow's."""
        if self._service.release is None:
            raise ProtocolError(f"not ready: {self._service.reason}", status=503)
        kind = _want_content_type(request, "application/json", "text/csv")
        body = await request.body()
        content, answer = await self._service.answer(body, self._invoke, body, self._service.release, kind)
        self._metrics.predicted(answer)
        return Answer(content)

    def _infer(self, body: bytes, length: str | None, release: Release) -> tuple[Answer, dict[str, Any]]:
        predictor, max_rows = self._service.predictor, self._service.environment.max_rows
        text, tail = binary.split(body, length)
        asked = protocol.decode_request(text)
        arrays = protocol.arrays_of(asked, predictor.inputs, max_rows=max_rows, tail=tail)
        answer = self._service.predict(arrays)
        heading = {"model_name": release.model, "model_version": release.revision, **self._parameters()}
        content, json_bytes = protocol.encode_answer(answer, asked, heading)
        if json_bytes is None:
            return Answer(content), answer
        headers = {binary.HEADER: str(json_bytes)}
        return Answer(content, content_type=binary.CONTENT_TYPE, headers=headers), answer

    def _invoke(self, body: bytes, release: Release, kind: str) -> tuple[bytes, dict[str, Any]]:
        predictor, max_rows = self._service.predictor, self._service.environment.max_rows
        decode = invocations.decode_csv if kind == "text/csv" else invocations.decode_json
        answer = self._service.predict(decode(body, release.signature, max_rows=max_rows))
        return invocations.encode_predictions(answer[predictor.main_output]), answer

    def _parameters(self) -> dict[str, Any]:
        identity = self._service.identity
        return {"parameters": {"release": identity.release, "model_digest": identity.model_digest}}

    def _check_name(self, request: Request) -> Release:
        release = self._service.release
        if release is None:
            raise ProtocolError(f"not ready: {self._service.reason}", status=503)
        for part, served in (("model", release.model), ("version", release.revision)):
            if request.parts.get(part, served) != served:
                message = f"{part} {request.parts[part]!r}: not here; this server has {served!r}"
                raise ProtocolError(message, status=404)
        return release


def _want_content_type(request: Request, *wanted: str) -> str:
    found = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if found not in wanted:
        raise ProtocolError(f"content-type: wanted {' or '.join(wanted)}, found {found!r}", status=415)
    encoding = request.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise ProtocolError(f"content-encoding: wanted none, found {encoding!r}", status=415)
    return found
