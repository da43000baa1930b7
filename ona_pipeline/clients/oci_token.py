"""Answers to a registry's question who this is: Basic, or a token from the server that it names.

Source:
    RFC 9110 section 11.6.1; CNCF distribution, "Token Authentication Specification" and "OAuth2 Token
    Authentication".
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from ona_pipeline.clients.oci_credentials import Credentials
from ona_pipeline.errors import BackendError

if TYPE_CHECKING:
    import requests

_BEARER = re.compile(r"(?i)(?:^|[\s,])bearer\s+(.*)", re.DOTALL)
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
_OK = 200
_CLIENT = "ona"
_NO = frozenset({400, 401, 403})  # RFC 6749 section 5.2 has 400 for a refresh token that has expired

Request = Callable[..., "requests.Response"]


class Question(msgspec.Struct, frozen=True):
    """What a ``WWW-Authenticate`` header asks for.

    Attributes:
        realm: of the token server, a URL; empty where Basic is wanted.
        service: who asks, for the token server.
        scopes: what the token must allow.
        error: such as ``insufficient_scope``; empty on a first question.
    """

    realm: str = ""
    service: str = ""
    scopes: tuple[str, ...] = ()
    error: str = ""


def question(header: str) -> Question:
    """Read a ``WWW-Authenticate`` header, of one challenge or several; a token goes before Basic."""
    bearer = _BEARER.search(header)
    if bearer is None:
        return Question()
    said = dict(_PARAMETER.findall(bearer.group(1)))
    scopes = tuple(said.get("scope", "").split())
    return Question(said.get("realm", ""), said.get("service", ""), scopes, said.get("error", ""))


def authorization(asked: Question, known: Credentials | None, host: str, request: Request) -> str | None:
    """The Authorization header that answers a question; None where there is nothing to answer with.

    Args:
        asked: the question.
        known: who we are; None for anybody.
        host: the registry, for messages.
        request: sends a request: method, URL, and what requests takes.

    Raises:
        BackendError: the token server refuses the credentials, answers nothing that makes sense, or is one
            that no secret may be sent to.
    """
    if not asked.realm:
        return known.basic if known and known.user else None
    _require_safe(asked.realm, host, known)
    response = _asked(asked, known, request)
    token = _token(response, host)
    if token or known is None:
        return f"Bearer {token}" if token else None
    if response.status_code in _NO:
        raise BackendError(
            f"image registry {host}: its token server refuses the credentials of {known.name}: "
            f"they are wrong or have expired (HTTP {response.status_code})",
            hint=f"log in anew with `docker login {host}`",
        )
    raise BackendError(
        f"image registry {host}: its token server answers without a token",
        hint="is this the address of an image registry?",
    )


def _asked(asked: Question, known: Credentials | None, request: Request) -> "requests.Response":
    if known and known.identity_token:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": known.identity_token,
            "client_id": _CLIENT,
            "service": asked.service,
            "scope": " ".join(asked.scopes),
        }
        return request("POST", asked.realm, data=form)
    parameters = [("service", asked.service), *(("scope", scope) for scope in asked.scopes)]
    headers = {"Authorization": known.basic} if known else {}
    return request("GET", asked.realm, params=parameters, headers=headers)


def _token(response: "requests.Response", host: str) -> str:
    """The token in an answer; empty where there is none, and it will not come by asking again."""
    from ona_pipeline.clients.oci_errors import refusal

    if response.status_code != _OK and response.status_code not in _NO:
        raise refusal(response, host, "get a token")
    try:
        body = response.json()
        return str(body.get("token") or body.get("access_token") or "")
    except (ValueError, AttributeError):
        return ""


def _require_safe(realm: str, host: str, known: Credentials | None) -> None:
    """A registry on the loopback may name a token server on the loopback; every other needs TLS."""
    parts = urlsplit(realm)
    if parts.scheme == "https" or (parts.scheme == "http" and (known is None or is_loopback(parts.netloc))):
        return
    raise BackendError(
        f"image registry {host}: its token server {realm} would get the credentials of "
        f"{known.name if known else 'nobody'} without TLS",
        hint="use a registry whose token server has a certificate",
    )


def is_loopback(host: str) -> bool:
    """Whether a ``host:port`` is this machine itself, where plain HTTP is no risk."""
    return (urlsplit(f"//{host}").hostname or "") in {"localhost", "127.0.0.1", "::1"}
