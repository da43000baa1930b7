"""An MLflow server: the connection, and the translation of its errors.

Source:
    MLflow REST API, "Data structures"; error codes of ``databricks.proto``.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from ona_pipeline.errors import BackendError, UsageError

if TYPE_CHECKING:
    from mlflow import MlflowClient

# A server that is not there is told in seconds and not, as by MLflow's own defaults, in minutes.
_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
}
# Codes of MLflow's `ErrorCode` that may go well the next time, unchanged.
_RETRYABLE = frozenset(
    {"TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED", "DEADLINE_EXCEEDED", "ABORTED", "INTERNAL_ERROR"}
)
_NOT_ALLOWED = frozenset({"PERMISSION_DENIED", "UNAUTHENTICATED"})
_NOT_FOUND = frozenset({"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND"})
_NOT_THERE_HINT = "start it, or correct mlflow in [tool.ona] or ONA_MLFLOW"
_ALLOWED_HINT = "see MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"


@contextmanager
def translated(uri: str, action: str) -> Iterator[None]:
    """Turn every exception of MLflow, and of the HTTP library below it, into our own.

    Args:
        uri: of the server, for messages.
        action: what is being done, to follow "could not": ``register digits``.

    Raises:
        UsageError: what was asked for is not there.
        BackendError: anything else.
    """
    import requests
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, requests.RequestException, ConnectionError) as error:
        raise _translation(_public(uri), action, error) from error


def _translation(server: str, action: str, error: Exception) -> UsageError | BackendError:
    if _is_not_there(error):
        sentence = f"the MLflow server at {server} is not there: it could not {action}"
        return BackendError(sentence, hint=_NOT_THERE_HINT, retryable=True)
    code, text = _code(error), " ".join(str(error).split())[:500]
    if code in _NOT_FOUND:
        return UsageError(f"the MLflow server at {server} could not {action}: {text}")
    hint = _ALLOWED_HINT if code in _NOT_ALLOWED else ""
    sentence = f"the MLflow server at {server} could not {action}: {text}"
    return BackendError(sentence, hint=hint, retryable=code in _RETRYABLE)


def _is_not_there(error: BaseException | None) -> bool:
    """Whether the connection failed; MLflow wraps what `requests` raised, and sometimes only quotes it."""
    import requests

    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, requests.ConnectionError | requests.Timeout | ConnectionError):
            return True
        if "Max retries exceeded" in str(error) and "too many" not in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _code(error: Exception) -> str:
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return _BY_STATUS.get(error.response.status_code, "")
    # A failed download is an internal error that only quotes what the server answered.
    quoted = next((code for code in _NOT_FOUND if f'"error_code": "{code}"' in str(error)), "")
    return quoted or str(getattr(error, "error_code", ""))


# RFC 9110 section 15, for answers that are not MLflow's own, such as those of a proxy before it.
_BY_STATUS = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "REQUEST_LIMIT_EXCEEDED",
    500: "INTERNAL_ERROR",
    502: "TEMPORARILY_UNAVAILABLE",
    503: "TEMPORARILY_UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def _public(uri: str) -> str:
    """The address without a user name and password in it."""
    parts = urlsplit(uri)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


class MlflowServer:
    """One MLflow server: tracking and model registry behind one address.

    Args:
        uri: ``http://…`` or ``https://…``; credentials and CA come from MLflow's own variables.

    Raises:
        UsageError: `uri` is not such an address.
    """

    def __init__(self, uri: str) -> None:
        if urlsplit(uri).scheme not in {"http", "https"} or not urlsplit(uri).netloc:
            raise UsageError(
                f"not the address of an MLflow server: {_public(uri)!r}", hint="wanted http://… or https://…"
            )
        self.uri = uri.rstrip("/")
        # What it tries again is told once, as our own error, where it comes to nothing.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
        for name, value in _DEFAULTS.items():
            os.environ.setdefault(name, value)

    @cached_property
    def sdk(self) -> "MlflowClient":
        """MLflow's own client. Use it inside `doing`."""
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    @contextmanager
    def doing(self, action: str) -> Iterator["MlflowClient"]:
        """MLflow's own client, its errors translated."""
        with translated(self.uri, action):
            yield self.sdk

    def forward(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Send one request on, with our credentials, and give status and body of the answer.

        Raises:
            BackendError: the server does not answer.
        """
        from mlflow.utils import credentials, rest_utils

        untyped: Any = rest_utils.http_request
        with_credentials: Any = credentials.get_default_host_creds

        with translated(self.uri, "forward a request"):
            answer = untyped(
                with_credentials(self.uri),
                path,
                method,
                raise_on_status=False,
                extra_headers={"Content-Type": "application/json"},
                data=body or None,
            )
            return answer.status_code, answer.content
