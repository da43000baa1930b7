import ssl

import pytest
import requests
import urllib3

from ona_pipeline.clients.oci_credentials import api_host_of, host_of, name_of
from ona_pipeline.clients.oci_errors import refusal, translated
from ona_pipeline.errors import BackendError, UsageError


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


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (10, "its certificate has expired"),
        (20, "its certificate is by an authority that is not known here"),
        (62, "its certificate is for another name"),
        (99, "its certificate is not trusted: words of OpenSSL"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_said_with_the_remedy(code: int, cause: str):
    reason = ssl.SSLCertVerificationError()
    reason.verify_code, reason.verify_message = code, "words of OpenSSL"
    pool = urllib3.HTTPSConnectionPool("r.example")
    error = requests.exceptions.SSLError(urllib3.exceptions.MaxRetryError(pool, "/", reason))
    with pytest.raises(BackendError, match=cause) as caught, translated("r.example", "send a blob"):
        raise error
    assert not caught.value.retryable
    assert caught.value.hint


def test_a_registry_without_tls_is_told_so():
    error = requests.exceptions.SSLError(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"))
    with pytest.raises(BackendError, match="it does not speak TLS"), translated("r.example", "send a blob"):
        raise error


@pytest.mark.parametrize(
    ("status", "retryable"), [(401, False), (403, False), (404, False), (429, True), (500, True), (503, True)]
)
def test_which_answers_are_worth_another_try(status: int, retryable: bool):
    error = refusal(response(status), "r.example", "send a blob")
    assert error.retryable is retryable
    assert ("docker login r.example" in error.hint) is (status in {401, 403, 429})


@pytest.mark.parametrize(
    ("status", "who", "headers", "cause"),
    [
        (401, "", {}, "nobody is logged in there"),
        (401, "releaser", {}, "the credentials of releaser are wrong or have expired"),
        (
            401,
            "releaser",
            {"WWW-Authenticate": 'Bearer error="insufficient_scope"'},
            "releaser may not do that",
        ),
        (403, "", {}, "nobody is logged in there"),
        (403, "releaser", {}, "releaser may not do that there"),
        (429, "releaser", {}, "too many requests"),
    ],
)
def test_why_somebody_is_not_let_in_is_told(status: int, who: str, headers: dict[str, str], cause: str):
    answer = response(status, b'{"errors":[{"code":"DENIED","message":"no"}]}')
    answer.headers.update(headers)
    error = refusal(answer, "r.example", "send a blob", who=who)
    assert f"could not send a blob: {cause}" in error.message
    assert f"(HTTP {status} DENIED no)" in error.message


def test_a_repository_that_has_to_be_made_first_is_told():
    answer = response(404, b'{"errors":[{"code":"NAME_UNKNOWN","message":"not found"}]}')
    error = refusal(answer, "r.example", "open an upload", who="releaser")
    assert "there is no such repository" in error.message
    assert "make it at the registry" in error.hint


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
        ("docker.io/team/digits", "docker.io", "team/digits"),
        ("team/digits", "docker.io", "team/digits"),
        ("docker.io/python", "docker.io", "library/python"),
    ],
)
def test_a_repository_is_read_into_host_and_name(repository: str, host: str, name: str):
    assert (host_of(repository), name_of(repository)) == (host, name)


@pytest.mark.parametrize(
    "repository",
    ["https://registry.example/digits", "-registry.example/digits", "/digits", "r.example/Digits", ""],
)
def test_what_is_no_repository_is_a_usage_error(repository: str):
    with pytest.raises(UsageError, match="is no name of a repository"):
        host_of(repository)


def test_the_api_of_docker_hub_is_on_another_host_than_its_name():
    assert api_host_of("docker.io/team/digits") == "registry-1.docker.io"
    assert api_host_of("registry.example:5000/digits") == "registry.example:5000"
