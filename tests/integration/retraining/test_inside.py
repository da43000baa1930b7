"""The training's end of what it is lent, as a program: answers, refusals, and what it writes down."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ona_pipeline.retraining import inside

API = "/api/2.0/mlflow/"
ANSWERS = {"run_id": "mine", "GET": {API + "runs/get": {"run": {}}}, "POST": {API + "runs/set-tag": {}}}
PROGRAM = """\
import json, sys, urllib.error, urllib.request
def ask(path, body):
    data = None if body is None else body.encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(sys.argv[1] + path, data), timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
print([ask(path, body) for path, body in json.load(open(sys.argv[2]))])
sys.exit(5)
"""


@pytest.fixture(name="port")
def _port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def told(folder: Path, port: int, *asked: tuple[str, str | None]) -> tuple[list[int], list[object]]:
    """Ask, as a training would; the statuses, and what was written down."""
    (folder / "answers.json").write_text(json.dumps(ANSWERS))
    (folder / "asked.json").write_text(json.dumps(asked))
    calls = folder / "calls.jsonl"
    training = [sys.executable, "-c", PROGRAM, f"http://127.0.0.1:{port}{API}", str(folder / "asked.json")]
    command = [
        sys.executable,
        inside.__file__,
        str(folder / "answers.json"),
        str(calls),
        str(port),
        *training,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 5, done.stderr
    return json.loads(done.stdout), [json.loads(line) for line in calls.read_text().splitlines()]


def test_it_ends_as_the_command_ends_and_has_written_down_what_was_said(tmp_path, port):
    body = {"run_id": "mine", "key": "a", "value": "b"}
    statuses, calls = told(tmp_path, port, ("runs/get?run_id=x", None), ("runs/set-tag", json.dumps(body)))
    assert statuses == [200, 200]
    assert calls == [{"path": API + "runs/set-tag", "body": body}]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("runs/search", None, 403),
        ("runs/set-tag", '{"run_id": "other"}', 403),
        ("registered-models/create", '{"run_id": "mine"}', 403),
        ("runs/set-tag", "[" * 100_000, 403),
        ("runs/set-tag", "x" * (2**20 + 1), 413),
    ],
)
def test_the_rest_is_refused_and_not_written_down(tmp_path, port, path, body, status):
    assert told(tmp_path, port, (path, body)) == ([status], [])
