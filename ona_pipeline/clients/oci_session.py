"""Requests to image registries: which scheme, which authorities, which credentials, how long to wait.

Source:
    OCI distribution specification 1.1, "Endpoints"; CNCF distribution, "Token Authentication Specification".
"""

import io
import socket
import ssl
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from ona_pipeline.clients.oci_credentials import api_host_of, credentials, host_of, name_of
from ona_pipeline.clients.oci_token import authorization, is_loopback, question
from ona_pipeline.errors import UsageError

if TYPE_CHECKING:
    import requests

_UNAUTHORIZED = 401


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request.

    Attributes:
        repository: host and repository, whose credentials are used.
        method: of HTTP.
        path: below ``/v2/<name>/``, or a whole URL that the registry gave.
        headers: besides Authorization.
        body: bytes, or an open file, which is streamed.
        is_streamed: whether the answer is left to be read piece by piece.
    """

    repository: str
    method: str
    path: str
    headers: dict[str, str] = {}
    body: bytes | IO[bytes] | None = None
    is_streamed: bool = False


class RegistrySession:
    """Connections to image registries that are kept open, and their credentials.

    Args:
        ca_bundle: PEM file of authorities to trust beside those of the machine; None for no others.
        timeout_s: to connect, and between two pieces of an answer, seconds.
    """

    def __init__(self, ca_bundle: Path | None, timeout_s: float) -> None:
        self._ca_bundle = ca_bundle
        self._timeout_s = timeout_s
        self._authorizations: dict[str, str] = {}
        self._known: dict[str, str] = {}
        self._schemes: dict[str, str] = {}

    def send(self, call: Call) -> "requests.Response":
        """Send a request; where the registry asks who this is, answer and send it once more.

        Raises:
            UsageError: the CA bundle or the Docker configuration cannot be read.
            BackendError: the registry's question for credentials makes no sense, or there is no answer.
        """
        response = self._once(call, self._authorizations.get(call.repository))
        if response.status_code != _UNAUTHORIZED:
            return response
        fresh = self._authorization(call.repository, response.headers.get("WWW-Authenticate", ""))
        if fresh is None:
            return response
        self._authorizations[call.repository] = fresh
        return self._once(call, fresh)

    def who(self, repository: str) -> str:
        """Whose credentials were shown there; empty where none were."""
        return self._known.get(host_of(repository), "")

    @cached_property
    def _http(self) -> "requests.Session":
        import requests

        session = requests.Session()
        session.auth = _as_it_is
        if self._ca_bundle:
            session.mount("https://", _trusting(self._ca_bundle))
        return session

    def _once(self, call: Call, authorized: str | None) -> "requests.Response":
        if isinstance(call.body, io.IOBase):
            call.body.seek(0)
        url = self._url(call)
        headers = dict(call.headers)
        # An upload may go to another host, which must not see the credentials of this one.
        if authorized and urlsplit(url).netloc == api_host_of(call.repository):
            headers["Authorization"] = authorized
        return self._request(call.method, url, headers=headers, data=call.body, stream=call.is_streamed)

    def _request(self, method: str, url: str, **rest: Any) -> "requests.Response":
        return self._http.request(method, url, timeout=self._timeout_s, **rest)

    def _url(self, call: Call) -> str:
        if "://" in call.path:
            return call.path
        host = api_host_of(call.repository)
        return f"{self._scheme(host)}://{host}/v2/{name_of(call.repository)}/{call.path}"

    def _scheme(self, host: str) -> str:
        """HTTPS; on this machine also plain HTTP, where nothing else is spoken."""
        if host not in self._schemes:
            is_plain = is_loopback(host) and not _speaks_tls(host, self._timeout_s)
            self._schemes[host] = "http" if is_plain else "https"
        return self._schemes[host]

    def _authorization(self, repository: str, challenge: str) -> str | None:
        host = host_of(repository)
        known = credentials(host)
        self._known[host] = known.name if known else ""
        return authorization(question(challenge), known, host, self._request)


def _as_it_is(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
    """Keeps requests from putting what ~/.netrc has over the credentials that were chosen."""
    return request


def _trusting(bundle: Path) -> "requests.adapters.HTTPAdapter":
    """Connections that trust the authorities of a bundle, beside those of the machine."""
    import requests

    try:
        context = ssl.create_default_context()
        context.load_verify_locations(bundle)
    except OSError as error:  # ssl.SSLError is one
        raise UsageError(
            f"the CA bundle {bundle} cannot be read ({error.strerror or error})",
            hint="ca_bundle in [tool.ona] or ONA_CA_BUNDLE: a PEM file of certificates",
        ) from error

    class Trusting(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
            super().init_poolmanager(*arguments, **named, ssl_context=context)

        def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
            return super().proxy_manager_for(proxy, **named, ssl_context=context)

    return Trusting()


def _speaks_tls(host: str, timeout_s: float) -> bool:
    """Whether a port of this machine answers a greeting in TLS; whose certificate that is, is asked later."""
    parts = urlsplit(f"//{host}")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((parts.hostname or "", parts.port or 443), min(timeout_s, 2.0)) as plain,
            context.wrap_socket(plain),
        ):
            return True
    except OSError:
        return False
