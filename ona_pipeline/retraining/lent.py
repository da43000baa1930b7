"""The one thing that a training is lent: its own MLflow run, without a connection to anything.

What it may read is laid beside it before it begins; what it wrote is read when it has ended, as data: what is
not known here is left out, and what is known is taken apart and put together anew from its known fields, so
that nothing can be said twice, in other words, or about another run.

Source:
    MLflow REST API 2.0, "Runs" and "Experiments".
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ona_pipeline.errors import BackendError

Forward = Callable[[str, str, bytes], tuple[int, bytes]]
_API = "/api/2.0/mlflow/"
_READ_RUN = _API + "runs/get"
_READ_EXPERIMENT = _API + "experiments/get"
_UPDATE = _API + "runs/update"
_WRITES: dict[str, tuple[str, ...]] = {
    _UPDATE: ("status", "end_time", "run_name"),
    _API + "runs/log-metric": ("key", "value", "timestamp", "step"),
    _API + "runs/log-parameter": ("key", "value"),
    _API + "runs/set-tag": ("key", "value"),
    _API + "runs/log-batch": ("metrics", "params", "tags"),
}
_IN_BATCH = ("key", "value", "timestamp", "step")
_MOST_BYTES = 65 << 20  # a little more than the sandbox's end writes
_MOST_CALLS = 100_000
_OK = 200


def answers(forward: Forward, *, run_id: str, experiment_id: str) -> bytes:
    """What the training's end answers, as JSON: by method and path.

    Args:
        forward: sends method, path and body to MLflow, and gives status and body of the answer.
        run_id: the only run that can be read and written.
        experiment_id: the only experiment that can be read.

    Raises:
        BackendError: MLflow does not show them.
    """
    run = _read(forward, f"{_READ_RUN}?{urlencode({'run_id': run_id})}")
    experiment = _read(forward, f"{_READ_EXPERIMENT}?{urlencode({'experiment_id': experiment_id})}")
    info = {"run_info": (run.get("run") or {}).get("info")}
    written = {path: info if path == _UPDATE else {} for path in _WRITES}
    read = {_READ_RUN: run, _READ_EXPERIMENT: experiment}
    return json.dumps({"run_id": run_id, "GET": read, "POST": written}).encode()


def pass_on(calls: Path, forward: Forward, *, run_id: str) -> list[str]:
    """Send on what a training wrote to its run.

    Args:
        calls: the file that it was written down in; hostile. It need not be there.
        forward: see `answers`.
        run_id: the only run that can be written.

    Returns:
        A sentence for each kind of call that was not taken.

    Raises:
        BackendError: the MLflow server is not there.
    """
    refused: dict[str, str] = {}
    for number, (path, body) in enumerate(_read_calls(calls)):
        if number >= _MOST_CALLS:
            refused["more"] = f"a training may write {_MOST_CALLS} times to its run: the rest is left out"
            break
        wanted = allowed(path, body, run_id=run_id)
        if wanted is None:
            refused["strange"] = "the training wrote to its run what is no parameter, metric or tag"
            continue
        status, answer = forward("POST", path, wanted)
        if status != _OK:
            said = answer[:300].decode(errors="replace")
            refused.setdefault(path, f"MLflow did not take {path.removeprefix(_API)}: {said}")
    return list(refused.values())


def allowed(path: str, body: Any, *, run_id: str) -> bytes | None:
    """The body in the form that may be sent on; None where it may not.

    Args:
        path: as it was asked.
        body: any JSON.
        run_id: the only run that may be named.
    """
    if path not in _WRITES or not isinstance(body, dict) or body.get("run_id") != run_id:
        return None
    kept = {field: _known(body[field]) for field in _WRITES[path] if field in body}
    return json.dumps({"run_id": run_id, **kept}).encode()


def _read(forward: Forward, target: str) -> dict[str, Any]:
    status, body = forward("GET", target, b"")
    if status != _OK:
        said = body[:300].decode(errors="replace")
        raise BackendError(f"MLflow does not show the run that it began: HTTP {status}: {said}")
    found = json.loads(body)
    return found if isinstance(found, dict) else {}


def _read_calls(calls: Path) -> Iterator[tuple[str, Any]]:
    if not calls.is_file() or calls.is_symlink():
        return
    with calls.open("rb") as file:
        for line in file.read(_MOST_BYTES).splitlines():
            yield _call(line)


def _call(line: bytes) -> tuple[str, Any]:
    try:
        found = json.loads(line)
        return str(found["path"]), found["body"]
    except (ValueError, RecursionError, LookupError, TypeError):
        return "", None


def _known(value: Any) -> Any:
    """A scalar as it is; of a list's objects the known fields alone."""
    if isinstance(value, list):
        return [
            {field: item[field] for field in _IN_BATCH if field in item} for item in value if _is_object(item)
        ]
    return None if isinstance(value, dict) else value


def _is_object(item: Any) -> bool:
    return isinstance(item, dict) and all(isinstance(value, str | int | float) for value in item.values())
