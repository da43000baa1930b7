"""What an image registry's failures mean: one translation for all of them.

Source:
    RFC 9110 section 15 and RFC 6585 section 4 for status codes; OCI distribution 1.1, "Error Codes".
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ona_pipeline.errors import BackendError

if TYPE_CHECKING:
    import requests

_NOT_THERE = ("Connection refused", "Failed to resolve", "No route to host")
_RETRYABLE_STATUS = frozenset({408, 429, 500, 502, 503, 504})
_WANTS_LOGIN = frozenset({401, 403})
_LONGEST_WORDS = 200


@contextmanager
def translated(host: str, action: str) -> Iterator[None]:
    """Turn every exception of requests and urllib3 into our own.

    Args:
        host: the image registry, ``host:port``.
        action: what is being done, to follow "could not": ``read ona/digits:1``.

    Raises:
        BackendError: something of the kind was raised inside.
    """
    import requests
    import urllib3

    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError, ConnectionError) as error:
        raise _translation(host, action, error) from error


def _translation(host: str, action: str, error: Exception) -> BackendError:
    import requests

    if any(words in str(error) for words in _NOT_THERE):
        return BackendError(
            f"image registry {host} is not there: it could not {action}",
            hint="start it, or name another one: image_registry in [tool.ona] or ONA_IMAGE_REGISTRY",
        )
    if isinstance(error, requests.exceptions.SSLError):
        return BackendError(
            f"image registry {host}: could not {action}: its certificate is not trusted",
            hint="name its authority's certificates as the CA bundle, or declare the host insecure",
        )
    if isinstance(error, ValueError):  # requests: a URL, a scheme or a header that cannot be meant
        return BackendError(f"image registry {host}: could not {action}: {type(error).__name__}")
    # The words of these exceptions may hold a URL with a password: only the kind is told.
    return BackendError(
        f"image registry {host}: could not {action}: the connection broke ({type(error).__name__})",
        retryable=True,
    )


def refusal(response: "requests.Response", host: str, action: str) -> BackendError:
    """What an unwelcome answer means: the registry's own words, and whether to try again."""
    words = f"HTTP {response.status_code} {_words(response)}".rstrip()
    return BackendError(
        f"image registry {host}: could not {action}: {words}",
        hint="log in with `docker login`" if response.status_code in _WANTS_LOGIN else "",
        retryable=response.status_code in _RETRYABLE_STATUS,
    )


def _words(response: "requests.Response") -> str:
    try:
        error = response.json()["errors"][0]
        return f"{error.get('code', '')} {error.get('message', '')}".strip()[:_LONGEST_WORDS]
    except (ValueError, LookupError, AttributeError, TypeError):
        return str(response.reason or "")[:_LONGEST_WORDS]
