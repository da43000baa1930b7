"""Requests to image registries: which scheme, which credentials, how long to wait.

Reference parsing, `~/.docker/config.json`, credential helpers and token requests are oras's; timeouts,
streaming and the choice between Basic and Bearer are ours (docs/decisions/0041).

Source:
    "Token Authentication Specification" of the CNCF distribution project.
"""

import io
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from ona_pipeline.errors import BackendError

if TYPE_CHECKING:
    import requests

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
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
        insecure_hosts: ``host:port`` that are spoken to in plain HTTP; the loopback always is.
        ca_bundle: PEM file of authorities to trust; None means what the machine trusts.
        timeout_s: to connect, and between two pieces of an answer, seconds.
    """

    def __init__(self, insecure_hosts: frozenset[str], ca_bundle: Path | None, timeout_s: float) -> None:
        self._insecure_hosts = insecure_hosts
        self._verify: bool | str = str(ca_bundle) if ca_bundle else True
        self._timeout_s = timeout_s
        self._authorizations: dict[str, str] = {}

    @cached_property
    def _http(self) -> "requests.Session":
        import requests

        return requests.Session()

    def send(self, call: Call) -> "requests.Response":
        """Send a request; where the registry asks who this is, answer and send it once more.

        Raises:
            BackendError: the registry's question for credentials makes no sense.
        """
        response = self._once(call, self._authorizations.get(call.repository))
        if response.status_code != _UNAUTHORIZED:
            return response
        fresh = self._authorization(call.repository, response.headers.get("WWW-Authenticate", ""))
        if fresh is None:
            return response
        self._authorizations[call.repository] = fresh
        return self._once(call, fresh)

    def _once(self, call: Call, authorization: str | None) -> "requests.Response":
        if isinstance(call.body, io.IOBase):
            call.body.seek(0)
        url = self._url(call)
        headers = dict(call.headers)
        # An upload may go to another host, which must not see the credentials of this one.
        if authorization and urlsplit(url).netloc == host_of(call.repository):
            headers["Authorization"] = authorization
        return self._http.request(
            call.method,
            url,
            headers=headers,
            data=call.body,
            stream=call.is_streamed,
            verify=self._verify,
            timeout=self._timeout_s,
        )

    def _url(self, call: Call) -> str:
        if "://" in call.path:
            return call.path
        host = host_of(call.repository)
        is_plain = host in self._insecure_hosts or host in _LOOPBACK or host.rpartition(":")[0] in _LOOPBACK
        return f"{'http' if is_plain else 'https'}://{host}/v2/{name_of(call.repository)}/{call.path}"

    def _authorization(self, repository: str, challenge: str) -> str | None:
        """The Authorization header that answers a challenge; None where no credentials are known."""
        from oras.auth import get_auth_backend
        from oras.auth.utils import parse_auth_header
        from oras.container import Container

        parsed = parse_auth_header(challenge)
        try:
            backend = get_auth_backend("token", session=self._http, tls_verify=self._verify)
            backend.load_configs(Container(repository))
            basic = getattr(backend, "_basic_auth", None)
            if not challenge.lower().startswith("bearer") or not parsed.realm:
                return f"Basic {basic}" if basic else None
            token = backend.request_token(parsed) if basic else backend.request_anonymous_token(parsed)
        except (ValueError, LookupError) as error:
            raise BackendError(
                f"image registry {host_of(repository)}: its question for credentials, or the answer in "
                f"~/.docker/config.json, makes no sense ({type(error).__name__})",
            ) from error
        return f"Bearer {token}" if token else None


def host_of(repository: str) -> str:
    """The registry's ``host:port`` in a repository's full name."""
    from oras.container import Container

    return str(Container(repository).registry)


def name_of(repository: str) -> str:
    """The repository's name at its registry."""
    from oras.container import Container

    return str(Container(repository).api_prefix)
