"""The Docker engine: one connection, made when it is first needed, and the translation of its errors.

Source:
    Docker Engine API v1.41, and the exceptions of `docker.errors` and `requests.exceptions`.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from ona_pipeline.errors import BackendError
from ona_pipeline.records.reference import PinnedReference

if TYPE_CHECKING:
    from docker import DockerClient

_NOT_THERE = ("FileNotFoundError", "ConnectionRefusedError", "PermissionError", "Name or service not known")
_USUAL_SOCKET = "unix:///var/run/docker.sock"
_NOT_THERE_HINT = "start the Docker engine, or name another one with DOCKER_HOST"
# Docker Engine API, "Errors", and RFC 9110 section 15: what may go well the next time, unchanged.
_RETRYABLE_STATUS = frozenset({408, 429, 500, 502, 503, 504})


class NoEngineError(BackendError):
    """No Docker engine answers: nothing was found out about what it was asked for."""


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Turn every exception of the Docker SDK, and of the HTTP libraries below it, into our own.

    Args:
        action: what is being done, to follow "the Docker engine could not": ``start digits``.

    Raises:
        BackendError: something of the kind was raised inside.
    """
    import docker.errors
    import requests
    import urllib3

    try:
        yield
    except (
        docker.errors.DockerException,
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        ConnectionError,
    ) as error:
        raise _translation(action, error) from error


def _translation(action: str, error: Exception) -> BackendError:
    text = " ".join(str(error).split())
    if any(sign in text or sign == type(error).__name__ for sign in _NOT_THERE):
        return NoEngineError(f"the Docker engine is not there: it could not {action}", hint=_NOT_THERE_HINT)
    return BackendError(f"the Docker engine could not {action}: {text}", retryable=_is_retryable(error))


def _is_retryable(error: Exception) -> bool:
    import docker.errors
    import requests
    import urllib3

    if isinstance(error, docker.errors.APIError):
        return error.response is not None and error.response.status_code in _RETRYABLE_STATUS
    broken = (requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError, ConnectionError)
    return isinstance(error, broken)


def _require_socket(url: str) -> None:
    """Knock first: the SDK leaves its socket open where nobody answers."""
    if not url.startswith("unix://"):
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(url.removeprefix("unix://"))
        except OSError as error:
            raise NoEngineError(
                f"the Docker engine is not there: {url} does not answer ({error.strerror})",
                hint=_NOT_THERE_HINT,
            ) from error


class DockerEngine:
    """One Docker engine.

    Args:
        url: ``unix:///…`` or ``tcp://…``; empty means what DOCKER_HOST says, else the usual socket.
        timeout_s: how long one answer of the engine may take, seconds.
    """

    def __init__(self, url: str = "", *, timeout_s: float = 60.0) -> None:
        self.url = url
        self.timeout_s = timeout_s

    @cached_property
    def sdk(self) -> "DockerClient":
        """The SDK's client, connected. Use it inside `translated`.

        Raises:
            BackendError: no engine answers.
        """
        import docker

        _require_socket(self.url or os.environ.get("DOCKER_HOST") or _USUAL_SOCKET)
        with translated("be connected to"):
            if self.url:
                return docker.DockerClient(base_url=self.url, version="auto", timeout=int(self.timeout_s))
            return docker.from_env(version="auto", timeout=int(self.timeout_s))

    def version(self) -> str:
        """The engine's version, such as ``20.10.24``.

        Raises:
            BackendError: no engine answers.
        """
        sdk = self.sdk
        with translated("tell its version"):
            return str(sdk.version()["Version"])

    def pull(self, image: PinnedReference) -> None:
        """Have an image in the engine, from the image registry where it is missing.

        Raises:
            BackendError: it is missing, and could not be pulled.
        """
        import docker.errors

        sdk = self.sdk
        with translated(f"find {image}"):
            try:
                sdk.images.get(image)
            except docker.errors.ImageNotFound:
                self._pull_missing(image)

    def _pull_missing(self, image: PinnedReference) -> None:
        with translated(f"pull {image}"):
            # images.pull() ends normally when the pull has failed: the failure is a record in the stream.
            for record in self.sdk.api.pull(image.repository, tag=image.digest, stream=True, decode=True):
                if "error" in record:
                    raise BackendError(f"the Docker engine could not pull {image}: {record['error']}")
