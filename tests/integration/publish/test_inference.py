"""The client of running servers, on servers that misbehave."""
# ruff: noqa: N802 - the names of the methods are those of http.server

import json

import pytest

from ona_pipeline.clients.inference import ask
from ona_pipeline.errors import BackendError
from ona_pipeline.records.question import Question, Tensor
from tests.integration.servers import Handler, serving

QUESTION = Question(inputs=(Tensor("pixels", (1, 2), "FP64", (0.0, 1.0)),), answer={"label": (1,)})


def answering(status: int, body: bytes, **headers: str) -> type[Handler]:
    class Server(Handler):
        def do_POST(self) -> None:
            self.server.asked = (self.path, json.loads(self.body()))  # type: ignore[attr-defined]
            self.answer(status, body, **headers)

    return Server


def test_the_answer_names_release_and_model_digest():
    body = json.dumps(
        {"outputs": [{"name": "label", "datatype": "INT64", "shape": [1], "data": [1]}]}
    ).encode()
    with serving(answering(200, body, ona_release="digits-1", ona_model_digest="sha256:1")) as address:
        answer = ask(address, "digits", QUESTION, timeout_s=2)
    assert answer.outputs == {"label": [1]}
    assert (answer.release, answer.model_digest) == ("digits-1", "sha256:1")


@pytest.mark.parametrize(("status", "retryable"), [(503, True), (404, False), (400, False), (500, False)])
def test_which_refusals_are_worth_asking_again(status: int, retryable: bool):
    with serving(answering(status, b"{}")) as address, pytest.raises(BackendError) as caught:
        ask(address, "digits", QUESTION, timeout_s=2)
    assert f"HTTP {status} to /v2/models/digits/infer" in caught.value.message
    assert caught.value.retryable is retryable


def test_what_the_server_says_is_told():
    with (
        serving(answering(503, b'{"error":"not ready: not\\nyet"}')) as address,
        pytest.raises(BackendError) as caught,
    ):
        ask(address, "digits", QUESTION, timeout_s=2)
    assert caught.value.message.endswith("HTTP 503 to /v2/models/digits/infer: not ready: not yet")


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"outputs": [{"name": 1}]}'])
def test_an_answer_that_is_none_is_a_backend_error(body: bytes):
    with serving(answering(200, body)) as address, pytest.raises(BackendError, match="no inference response"):
        ask(address, "digits", QUESTION, timeout_s=2)


def test_nobody_there_is_worth_asking_again():
    with pytest.raises(BackendError, match="does not answer") as caught:
        ask("127.0.0.1:9", "digits", QUESTION, timeout_s=2)
    assert caught.value.retryable


def test_a_server_that_says_nothing_is_given_up():
    class Silent(Handler):
        def do_POST(self) -> None:
            self.body()
            self.connection.recv(1)

    with serving(Silent) as address, pytest.raises(BackendError, match="does not answer"):
        ask(address, "digits", QUESTION, timeout_s=0.2)
