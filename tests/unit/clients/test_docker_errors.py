import docker.errors
import pytest
import requests
import urllib3

from ona_pipeline.clients.docker import DockerEngine, translated
from ona_pipeline.errors import BackendError


def every(kind: type[BaseException]) -> list[type[BaseException]]:
    return [kind, *(below for child in kind.__subclasses__() for below in every(child))]


def bare(kind: type[Exception]) -> Exception:
    """One of that kind, whatever its constructor wants."""
    methods = {"__init__": lambda self: None, "__str__": lambda self: "words", "response": None}
    made: Exception = type(kind.__name__, (kind,), methods)()
    return made


def response(status: int) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    return made


@pytest.mark.parametrize("kind", every(docker.errors.DockerException), ids=lambda kind: kind.__name__)
def test_every_exception_of_the_sdk_becomes_a_backend_error(kind: type[Exception]):
    with (
        pytest.raises(BackendError, match="the Docker engine could not start digits"),
        translated("start digits"),
    ):
        raise bare(kind)


@pytest.mark.parametrize("kind", every(requests.RequestException), ids=lambda kind: kind.__name__)
def test_every_exception_of_the_http_library_becomes_a_backend_error(kind: type[Exception]):
    with pytest.raises(BackendError), translated("start digits"):
        raise bare(kind)


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        (docker.errors.APIError("busy", response(503)), True),
        (docker.errors.APIError("no such image", response(404)), False),
        (docker.errors.APIError("conflict", response(409)), False),
        (requests.ReadTimeout("slow"), True),
        (requests.ConnectionError("reset"), True),
        (urllib3.exceptions.ProtocolError("cut"), True),
        (docker.errors.DockerException("settings"), False),
    ],
)
def test_what_may_go_well_the_next_time_is_retryable(error: Exception, retryable: bool):
    with pytest.raises(BackendError) as caught, translated("start digits"):
        raise error
    assert caught.value.retryable is retryable
    assert caught.value.__cause__ is error


def test_an_engine_that_is_not_there_is_said_with_the_remedy():
    with pytest.raises(BackendError, match="the Docker engine is not there") as caught:
        DockerEngine("unix:///nowhere/docker.sock").version()
    assert "DOCKER_HOST" in caught.value.hint


def test_what_is_not_the_engines_fault_passes_through():
    with pytest.raises(ZeroDivisionError), translated("start digits"):
        raise ZeroDivisionError
