"""What an image registry's failures mean: one translation for all of them.

Source:
    RFC 9110 section 15 and RFC 6585 section 4 for status codes; OCI distribution 1.1, "Error Codes".
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ona_pipeline.clients.oci_retries import RETRYABLE_STATUS, BusyRegistryError, asked_to_wait_s
from ona_pipeline.errors import BackendError

if TYPE_CHECKING:
    import requests

_NOT_THERE = ("Connection refused", "Failed to resolve", "No route to host")
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _TOO_MANY = 401, 403, 404, 429
_LONGEST_WORDS = 200
# OpenSSL's X509_V_ERR_*: what `ssl.SSLCertVerificationError.verify_code` may be.
_CERTIFICATE = {
    10: ("its certificate has expired", "have it renewed; or is this machine's clock wrong?"),
    18: ("its certificate is signed by itself", ""),
    19: ("its certificate is by an authority that is not known here", ""),
    20: ("its certificate is by an authority that is not known here", ""),
    62: ("its certificate is for another name", "name the registry as its certificate does"),
    64: ("its certificate is for another address", "name the registry as its certificate does"),
}
_CA_HINT = "name its authority: ca_bundle in [tool.ona] or ONA_CA_BUNDLE, a PEM file"


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
        cause, hint = _distrusted(error)
        return BackendError(f"image registry {host}: could not {action}: {cause}", hint=hint)
    if isinstance(error, ValueError):  # requests: a URL, a scheme or a header that cannot be meant
        return BackendError(f"image registry {host}: could not {action}: {type(error).__name__}")
    # The words of these exceptions may hold a URL with a password: only the kind is told.
    return BackendError(
        f"image registry {host}: could not {action}: the connection broke ({type(error).__name__})",
        retryable=True,
    )


def _distrusted(error: BaseException) -> tuple[str, str]:
    """Why TLS came to nothing, and what to do about it."""
    reasons = list(_reasons(error))
    for reason in reasons:
        if isinstance(reason, ssl.SSLCertVerificationError):
            cause, hint = _CERTIFICATE.get(
                reason.verify_code, (f"its certificate is not trusted: {reason.verify_message}", "")
            )
            return cause, hint or _CA_HINT
    if any("WRONG_VERSION_NUMBER" in str(reason) for reason in reasons):
        return "it does not speak TLS", "plain HTTP is for registries on this machine: give it a certificate"
    return "TLS with it came to nothing", _CA_HINT


def _reasons(error: BaseException) -> Iterator[BaseException]:
    """An exception and those that it was made of, which urllib3 keeps in its arguments."""
    yield error
    inner = getattr(error, "reason", None)
    for each in (*error.args, inner):
        if isinstance(each, BaseException):
            yield from _reasons(each)


def refusal(response: "requests.Response", host: str, action: str, *, who: str = "") -> BackendError:
    """What an unwelcome answer means: the cause, the registry's own words, and whether to try again.

    Args:
        response: the answer.
        host: the image registry, as references name it.
        action: what was asked for, to follow "could not".
        who: whose credentials were shown; empty where none were.
    """
    words = f"HTTP {response.status_code} {_words(response)}".rstrip()
    cause, hint = _cause(response, host, who)
    message = f"image registry {host}: could not {action}: {f'{cause} ({words})' if cause else words}"
    if response.status_code == _TOO_MANY:
        return BusyRegistryError(message, hint=hint, wait_s=asked_to_wait_s(response.headers))
    return BackendError(message, hint=hint, retryable=response.status_code in RETRYABLE_STATUS)


def _cause(response: "requests.Response", host: str, who: str) -> tuple[str, str]:
    """What the answer means for whoever asked, and what to do about it; empty where the words say it all."""
    status, login = response.status_code, f"`docker login {host}`"
    if status == _TOO_MANY:
        own = f"log in with {login}: each account has a limit of its own" if not who else ""
        return "too many requests", own or "wait, and go on later"
    if status not in {_UNAUTHORIZED, _FORBIDDEN}:
        is_unknown = status == _NOT_FOUND and "NAME_UNKNOWN" in _words(response)
        hint = (
            "make it at the registry: not every registry makes repositories, or what they are in, by a push"
        )
        return ("there is no such repository", hint) if is_unknown else ("", "")
    if not who:
        return "nobody is logged in there", f"log in with {login}"
    is_short = "insufficient_scope" in response.headers.get("WWW-Authenticate", "")
    if status == _FORBIDDEN or is_short:
        return f"{who} may not do that there", f"have the right given to {who}, or log in as another: {login}"
    return f"the credentials of {who} are wrong or have expired", f"log in anew with {login}"


def _words(response: "requests.Response") -> str:
    try:
        error = response.json()["errors"][0]
        return f"{error.get('code', '')} {error.get('message', '')}".strip()[:_LONGEST_WORDS]
    except (ValueError, LookupError, AttributeError, TypeError):
        return str(response.reason or "")[:_LONGEST_WORDS]
