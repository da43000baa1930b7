"""What a training may tell MLflow: parameters, metrics and tags of its own run, and nothing else."""

import json
from pathlib import Path

import pytest

from ona_pipeline.errors import BackendError
from ona_pipeline.retraining.lent import allowed, answers, pass_on

API = "/api/2.0/mlflow/"
METRIC = {"key": "accuracy", "value": 0.9, "timestamp": 1, "step": 0}


class Server:
    """MLflow, as far as a run is forwarded to it."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.asked: list[tuple[str, str, object]] = []

    def __call__(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        self.asked.append((method, path, json.loads(body or b"null")))
        return self.status, b'{"run": {"info": {"run_id": "mine"}}}'


def asked(path: str, body: object) -> dict[str, object] | None:
    found = allowed(API + path, body, run_id="mine")
    return None if found is None else json.loads(found)


def written(folder: Path, *lines: bytes) -> Path:
    """A file of calls."""
    file = folder / "calls.jsonl"
    file.write_bytes(b"".join(line + b"\n" for line in lines))
    return file


def call(path: str, **body: object) -> bytes:
    return json.dumps({"path": API + path, "body": {"run_id": "mine", **body}}).encode()


def test_a_training_is_told_of_its_own_run_and_experiment_alone():
    server = Server()
    found = json.loads(answers(server, run_id="mine", experiment_id="7"))
    assert [path for _, path, _ in server.asked] == [
        API + "runs/get?run_id=mine",
        API + "experiments/get?experiment_id=7",
    ]
    assert found["GET"][API + "runs/get"]["run"]["info"] == {"run_id": "mine"}
    assert found["POST"][API + "runs/update"] == {"run_info": {"run_id": "mine"}}


def test_a_server_that_does_not_show_the_run_is_an_error_before_the_training_begins():
    with pytest.raises(BackendError, match="does not show the run that it began: HTTP 500"):
        answers(Server(500), run_id="mine", experiment_id="7")


def test_what_it_wrote_is_passed_on_in_its_order(tmp_path):
    server = Server()
    lines = (call("runs/log-batch", metrics=[METRIC]), call("runs/set-tag", key="a", value="b"))
    assert pass_on(written(tmp_path, *lines), server, run_id="mine") == []
    assert [(path, body) for _, path, body in server.asked] == [
        (API + "runs/log-batch", {"run_id": "mine", "metrics": [METRIC]}),
        (API + "runs/set-tag", {"run_id": "mine", "key": "a", "value": "b"}),
    ]


def test_a_training_that_wrote_nothing_is_well(tmp_path):
    assert pass_on(tmp_path / "calls.jsonl", Server(), run_id="mine") == []


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[" * 100_000, b"{}", b"[]", b'{"path": 1, "body": 2}', b"\xff"]
)
def test_lines_that_are_no_calls_are_left_out_and_the_rest_is_passed_on(tmp_path, line):
    server = Server()
    left_out = pass_on(
        written(tmp_path, line, call("runs/set-tag", key="a", value="b")), server, run_id="mine"
    )
    assert left_out == ["the training wrote to its run what is no parameter, metric or tag"]
    assert len(server.asked) == 1


def test_what_mlflow_does_not_take_is_said_once(tmp_path):
    lines = [call("runs/log-parameter", key="a", value="x" * 9000)] * 3
    (said,) = pass_on(written(tmp_path, *lines), Server(400), run_id="mine")
    assert said.startswith("MLflow did not take runs/log-parameter: ")


def test_a_link_to_another_file_is_not_read(tmp_path):
    file = written(tmp_path, call("runs/set-tag", key="a", value="b"))
    (tmp_path / "link").symlink_to(file)
    server = Server()
    assert pass_on(tmp_path / "link", server, run_id="mine") == []
    assert server.asked == []


def test_fields_that_could_name_something_else_are_left_out():
    metric = {**METRIC, "run_id": "other", "model_id": "other"}
    body = {"run_id": "mine", "run_uuid": "other", "runId": "other", "metrics": [metric]}
    assert asked("runs/log-batch", body) == {"run_id": "mine", "metrics": [METRIC]}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("runs/log-batch", {"run_id": "other", "metrics": []}),
        ("runs/log-batch", {"run_uuid": "mine", "metrics": []}),
        ("runs/log-batch", ["mine"]),
        ("runs/log-batch?run_id=other", {"run_id": "mine"}),
        ("runs/delete", {"run_id": "mine"}),
        ("runs/search", {"experiment_ids": ["7"]}),
        ("model-versions/create", {"name": "digits", "source": "x"}),
        ("model-versions/set-tag", {"name": "digits", "version": "1"}),
        ("runs/update/../../registered-models/search", {"run_id": "mine"}),
    ],
)
def test_everything_else_is_left_out(path, body):
    assert asked(path, body) is None
