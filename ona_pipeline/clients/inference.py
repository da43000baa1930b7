"""A running server, asked the known question.

Source:
    Open Inference Protocol v2, "Inference"; the headers ``ona-release`` and ``ona-model-digest`` are of our
    own server.
"""

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from typing import Any

import msgspec

from ona_pipeline.errors import BackendError
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.question import Question

_OK = 200
_RETRYABLE_STATUS = frozenset(
    {429, 502, 503, 504}
)  # RFC 9110: busy, not ready yet, or nobody behind a gateway
_MOST_BYTES = 16 * 2**20
_MOST_WORDS = 300
LOADING = "not ready: the model is being loaded"
"""What a server says that has begun, and cannot say yet whether it will serve."""


class Answer(msgspec.Struct, frozen=True):
    """What a server answered.

    Attributes:
        outputs: output name to the flat list of its values.
        release: the release id that it says it is.
        model_digest: the model digest that it says it serves.
    """

    outputs: dict[str, list[Any]]
    release: str
    model_digest: str


class _Output(msgspec.Struct, frozen=True):
    name: str
    data: list[Any]


class _Response(msgspec.Struct, frozen=True):
    outputs: list[_Output]


def ask(address: str, model: str, question: Question, *, timeout_s: float) -> Answer:
    """Ask a server the known question; whether the answer is right is for the caller to say.

    Args:
        address: ``host:port``.
        model: its name in the protocol.
        question: what to ask.
        timeout_s: to connect, and for each piece of the answer, seconds.

    Raises:
        BackendError: nobody answers there, or not with an inference response.
    """
    path = f"/v2/models/{model}/infer"
    body = request_body(question)
    with _translated(address):
        connection = http.client.HTTPConnection(address, timeout=timeout_s)
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            content = response.read(_MOST_BYTES)
        finally:
            connection.close()
        if response.status != _OK:
            raise _refusal(address, path, response.status, content)
        return read_answer(content, response.headers)


def is_ready(address: str, *, timeout_s: float) -> bool:
    """Whether a server says that it is ready.

    Args:
        address: ``host:port``.
        timeout_s: to connect, and for the answer, seconds.

    Raises:
        BackendError: nobody answers there.
    """
    with _translated(address):
        connection = http.client.HTTPConnection(address, timeout=timeout_s)
        try:
            connection.request("GET", "/v2/health/ready")
            return connection.getresponse().status == _OK
        finally:
            connection.close()


def request_body(question: Question) -> bytes:
    """The inference request that asks it."""
    return encode({"inputs": question.inputs})


def read_answer(content: bytes, headers: Mapping[str, str] | Message) -> Answer:
    """What a server answered, wherever the answer came through.

    Args:
        content: body of the inference response.
        headers: its headers; names in any case.

    Raises:
        msgspec.MsgspecError: it is no inference response.
    """
    return Answer(
        outputs={output.name: output.data for output in msgspec.json.decode(content, type=_Response).outputs},
        release=headers.get("ona-release", ""),
        model_digest=headers.get("ona-model-digest", ""),
    )


def _refusal(address: str, path: str, status: int, content: bytes) -> BackendError:
    words = _words(content)
    return BackendError(
        f"the server at {address} answered HTTP {status} to {path}{f': {words}' if words else ''}",
        retryable=status in _RETRYABLE_STATUS,
    )


def _words(content: bytes) -> str:
    """What the protocol's error says; empty where it is none."""
    try:
        return " ".join(str(msgspec.json.decode(content)["error"]).split())[:_MOST_WORDS]
    except (msgspec.MsgspecError, LookupError, TypeError):
        return ""


@contextmanager
def _translated(address: str) -> Iterator[None]:
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        raise BackendError(
            f"the server at {address} does not answer: {type(error).__name__}", retryable=True
        ) from error
    except msgspec.MsgspecError as error:
        raise BackendError(f"the server at {address} gave no inference response: {error}") from error
