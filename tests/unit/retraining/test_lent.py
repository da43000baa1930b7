"""What a training may ask of MLflow: its own run, and nothing else."""

import json

import pytest

from ona_pipeline.retraining.lent import allowed

API = "/api/2.0/mlflow/"


def ask(method: str, path: str, body: object = None):
    content = b"" if body is None else json.dumps(body).encode()
    return allowed(method, API + path, content, run_id="mine", experiment_id="7")


def test_its_own_run_is_read_whatever_run_is_named():
    found = ask("GET", "runs/get?run_id=other&run_uuid=other")
    assert found is not None
    assert (found.path, found.body) == (API + "runs/get?run_id=mine", b"")


def test_its_own_experiment_is_read_whatever_experiment_is_named():
    found = ask("GET", "experiments/get?experiment_id=1")
    assert found is not None
    assert found.path == API + "experiments/get?experiment_id=7"


def test_metrics_of_its_own_run_are_written():
    metric = {"key": "accuracy", "value": 0.9, "timestamp": 1, "step": 0}
    found = ask("POST", "runs/log-batch", {"run_id": "mine", "metrics": [metric]})
    assert found is not None
    assert json.loads(found.body) == {"run_id": "mine", "metrics": [metric]}


def test_fields_that_could_name_something_else_are_left_out():
    metric = {"key": "a", "value": 1, "timestamp": 1, "step": 0, "run_id": "other", "model_id": "other"}
    body = {"run_id": "mine", "run_uuid": "other", "runId": "other", "metrics": [metric]}
    found = ask("POST", "runs/log-batch?run_id=other", body)
    assert found is not None
    assert b"other" not in found.body
    assert "other" not in found.path


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "runs/log-batch", {"run_id": "other", "metrics": []}),
        ("POST", "runs/log-batch", {"run_uuid": "mine", "metrics": []}),
        ("POST", "runs/log-batch", ["mine"]),
        ("POST", "runs/delete", {"run_id": "mine"}),
        ("POST", "runs/search", {"experiment_ids": ["7"]}),
        ("POST", "model-versions/create", {"name": "digits", "source": "x"}),
        ("POST", "model-versions/set-tag", {"name": "digits", "version": "1"}),
        ("GET", "registered-models/search", None),
        ("GET", "runs/get/../../registered-models/search", None),
        ("DELETE", "runs/get", None),
        ("PUT", "runs/update", {"run_id": "mine"}),
    ],
)
def test_everything_else_is_refused(method, path, body):
    assert ask(method, path, body) is None


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b'{"run_id": NaN}'])
def test_a_body_that_is_no_object_is_refused(body):
    assert allowed("POST", API + "runs/update", body, run_id="mine", experiment_id="7") is None


def test_another_address_is_refused():
    found = allowed("GET", "http://127.0.0.1:5000/v2/", b"", run_id="mine", experiment_id="7")
    assert found is None
