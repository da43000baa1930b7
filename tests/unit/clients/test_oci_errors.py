import pytest
import requests
import urllib3

from ona_pipeline.clients.oci_errors import refusal, translated
from ona_pipeline.clients.oci_session import host_of, name_of
from ona_pipeline.errors import BackendError


def every(kind: type[BaseException]) -> list[type[BaseException]]:
    return [kind, *(below for child in kind.__subclasses__() for below in every(child))]


def bare(kind: type[Exception]) -> Exception:
    """One of that kind, whatever its constructor wants."""
    methods = {"__init__": lambda self: None, "__str__": lambda self: "words", "response": None}
    made: Exception = type(kind.__name__, (kind,), methods)()
    return made


def response(status: int, body: bytes = b"") -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made._content = body
    return made


@pytest.mark.parametrize(
    "kind",
    every(requests.RequestException) + every(urllib3.exceptions.HTTPError),
    ids=lambda kind: kind.__name__,
)
def test_every_exception_of_the_http_libraries_becomes_a_backend_error(kind: type[Exception]):
    with (
        pytest.raises(BackendError, match=r"^image registry r\.example"),
        translated("r.example", "send a blob"),
    ):
        raise bare(kind)


def test_words_that_may_hold_a_password_are_not_repeated():
    error = requests.ConnectionError("https://releaser:sesame@r.example/ broke")
    with pytest.raises(BackendError) as caught, translated("r.example", "send a blob"):
        raise error
    assert "sesame" not in caught.value.message
    assert caught.value.retryable


def test_a_registry_that_is_not_there_is_said_with_the_remedy():
    with pytest.raises(BackendError, match="is not there") as caught, translated("r.example", "send a blob"):
        raise requests.ConnectionError("[Errno 111] Connection refused")
    assert caught.value.hint


def test_an_untrusted_certificate_is_said_with_the_remedy():
    with pytest.raises(BackendError, match="certificate") as caught, translated("r.example", "send a blob"):
        raise requests.exceptions.SSLError
    assert "CA bundle" in caught.value.hint


@pytest.mark.parametrize(
    ("status", "retryable"), [(401, False), (403, False), (404, False), (429, True), (500, True), (503, True)]
)
def test_which_answers_are_worth_another_try(status: int, retryable: bool):
    error = refusal(response(status), "r.example", "send a blob")
    assert error.retryable is retryable
    assert ("docker login" in error.hint) is (status in {401, 403})


def test_the_registrys_own_words_are_told():
    body = b'{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry"}]}'
    error = refusal(response(400, body), "r.example", "write digits")
    assert error.message == (
        "image registry r.example: could not write digits: HTTP 400 BLOB_UNKNOWN blob unknown to registry"
    )


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"errors":[]}', b'{"errors":["x"]}'])
def test_an_answer_without_words_is_told_by_its_number(body: bytes):
    assert "HTTP 502" in refusal(response(502, body), "r.example", "write digits").message


@pytest.mark.parametrize(
    ("repository", "host", "name"),
    [
        ("127.0.0.1:5000/ona/digits", "127.0.0.1:5000", "ona/digits"),
        ("registry.example/digits", "registry.example", "digits"),
        ("localhost:5000/a/b/c", "localhost:5000", "a/b/c"),
    ],
)
def test_a_repository_is_read_into_host_and_name(repository: str, host: str, name: str):
    assert (host_of(repository), name_of(repository)) == (host, name)
