"""What the server offers, as an OpenAPI document: the routes, and bodies for the inputs of this model."""

from typing import Any

from . import VERSION, binary
from .release import Release, TensorSpec

_ELEMENTS: dict[str, dict[str, Any]] = {
    "BOOL": {"type": "boolean"},
    "INT32": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "INT64": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    "FP32": {"type": "number", "minimum": -3.4e38, "maximum": 3.4e38},
    "FP64": {"type": "number"},
    "BYTES": {"type": "string"},
}
_ERROR = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
_REFUSALS = {
    "400": "a field is not as the model wants it; the message names it",
    "404": "another model, or another version, than is served",
    "408": "a body that did not come in time",
    "413": "a longer body, or more rows, than are taken",
    "415": "a body of another type",
    "500": "the model raised",
    "503": "not ready, or as many requests wait as may; Retry-After says when to ask again",
}


def document(release: Release | None) -> dict[str, Any]:
    """The document; without a model its bodies say nothing of inputs.

    Source: OpenAPI specification 3.1.
    """
    model = release.model if release else "model"
    inputs = release.signature.inputs if release else ()
    ready = {"get": _asked("whether predictions are answered", "503")}
    base = f"/v2/models/{model}"
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{model}, served by ona", "version": VERSION},
        "paths": {
            "/v2": {"get": _asked("name, version and extensions of the server")},
            "/v2/health/live": {"get": _asked("whether the process runs")},
            "/v2/health/ready": ready,
            base: {"get": _asked("inputs, outputs, version, release and model digest", "503")},
            f"{base}/ready": ready,
            f"{base}/infer": {"post": _posted("Open Inference Protocol v2", _infer(inputs))},
            "/invocations": {"post": _posted("MLflow's way to ask", _invocation(inputs))},
            "/ping": {"get": _text("MLflow's readiness", "503")},
            "/health": {"get": _text("the same", "503")},
            "/version": {"get": _text("version of the server")},
            "/metrics": {"get": _text("for Prometheus")},
            "/openapi.json": {"get": _asked("this document")},
        },
    }


def _asked(what: str, *refusals: str) -> dict[str, Any]:
    answer = {"description": what, "content": {"application/json": {"schema": {"type": "object"}}}}
    return {"summary": what, "responses": {"200": answer, **_refused(*refusals)}}


def _text(what: str, *refusals: str) -> dict[str, Any]:
    return {"summary": what, "responses": {"200": {"description": what}, **_refused(*refusals)}}


def _posted(what: str, schema: dict[str, Any]) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    answered = {"application/json": {"schema": {"type": "object"}}, binary.CONTENT_TYPE: {}}
    answers = {"200": {"description": "predictions", "content": answered}, **_refused(*_REFUSALS)}
    return {"summary": what, "requestBody": body, "responses": answers}


def _refused(*codes: str) -> dict[str, Any]:
    content = {"application/json": {"schema": _ERROR}}
    return {code: {"description": _REFUSALS[code], "content": content} for code in codes}


def _infer(inputs: tuple[TensorSpec, ...]) -> dict[str, Any]:
    tensors = {
        "type": "array",
        "items": {"anyOf": [_tensor(spec) for spec in inputs] or [{"type": "object"}]},
    }
    outputs = {
        "type": "array",
        "items": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    }
    return {
        "type": "object",
        "properties": {"id": {"type": "string"}, "inputs": tensors, "outputs": outputs},
        "required": ["inputs"],
    }


def _tensor(spec: TensorSpec) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "name": {"const": spec.name},
            "datatype": {"const": spec.datatype},
            "shape": {"type": "array", "items": {"type": "integer"}},
            "data": {"type": "array", "items": _ELEMENTS[spec.datatype]},
        },
        "required": ["name", "datatype", "shape", "data"],
    }


def _invocation(inputs: tuple[TensorSpec, ...]) -> dict[str, Any]:
    anything = {"type": "array"}
    split = {
        "type": "object",
        "properties": {"columns": {"type": "array", "items": {"enum": [spec.name for spec in inputs]}}},
    }
    forms = {
        "dataframe_split": {**split, "required": ["data"]},
        "dataframe_records": {"type": "array", "items": {"type": "object"}},
        "instances": anything,
        "inputs": {},
    }
    return {
        "anyOf": [
            {"type": "object", "properties": {name: form}, "required": [name]} for name, form in forms.items()
        ]
    }
