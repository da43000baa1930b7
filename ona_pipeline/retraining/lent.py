"""Which requests of a training reach MLflow: those about its own run, taken apart and put together anew.

Pure: text in, text out. What is not known here is refused, and what is known is rebuilt from its known
fields, so that nothing can be said twice, in other words, or about another run.

Source:
    MLflow REST API 2.0, "Runs" and "Experiments".
"""

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

_API = "/api/2.0/mlflow/"
_READ_RUN = _API + "runs/get"
_READ_EXPERIMENT = _API + "experiments/get"
_WRITES: dict[str, tuple[str, ...]] = {
    _API + "runs/update": ("status", "end_time", "run_name"),
    _API + "runs/log-metric": ("key", "value", "timestamp", "step"),
    _API + "runs/log-parameter": ("key", "value"),
    _API + "runs/set-tag": ("key", "value"),
    _API + "runs/log-batch": ("metrics", "params", "tags"),
}
_IN_BATCH = ("key", "value", "timestamp", "step")


class Allowed(msgspec.Struct, frozen=True):
    """A request that may be sent on: its path with query, and its body."""

    method: str
    path: str
    body: bytes


def allowed(method: str, target: str, body: bytes, *, run_id: str, experiment_id: str) -> Allowed | None:
    """The request in the form that may be sent on; None where it may not.

    Args:
        method: HTTP method.
        target: path and query, as they were sent.
        body: JSON for what writes.
        run_id: the only run that may be named.
        experiment_id: the only experiment that may be named.
    """
    path = urlsplit(target).path
    if method == "GET" and path == _READ_RUN:
        return Allowed(method, f"{path}?{urlencode({'run_id': run_id})}", b"")
    if method == "GET" and path == _READ_EXPERIMENT:
        return Allowed(method, f"{path}?{urlencode({'experiment_id': experiment_id})}", b"")
    if method == "POST" and path in _WRITES:
        return _write(path, body, run_id)
    return None


def _write(path: str, body: bytes, run_id: str) -> Allowed | None:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(asked, dict) or asked.get("run_id") != run_id:
        return None
    kept = {field: _known(asked[field]) for field in _WRITES[path] if field in asked}
    return Allowed("POST", path, json.dumps({"run_id": run_id, **kept}).encode())


def _known(value: Any) -> Any:
    """A scalar as it is; of a list's objects the known fields alone."""
    if isinstance(value, list):
        return [
            {field: item[field] for field in _IN_BATCH if field in item} for item in value if _is_object(item)
        ]
    return None if isinstance(value, dict) else value


def _is_object(item: Any) -> bool:
    return isinstance(item, dict) and all(isinstance(value, str | int | float) for value in item.values())
