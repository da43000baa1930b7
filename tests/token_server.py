"""A token server as image registries have it, which knows USER, and whoever it is told to.

Source:
    CNCF distribution, "Token Authentication Specification", "Token Authentication Implementation" and
    "OAuth2 Token Authentication".
"""
# ruff: noqa: N802 - the names of the methods are those of http.server

import base64
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding

from tests.certificates import Certificate
from tests.image_registries import PASSWORD, USER
from tests.integration.servers import Handler, serving

SERVICE, ISSUER = "registry.example", "token.example"
IDENTITY = "an-identity-token"


class TokenServer:
    """What it gives, and to whom.

    Attributes:
        rights: user to actions; the empty name is anybody.
        lifetime_s: of a token, seconds.
        given: the scopes that were asked for, in order.
    """

    def __init__(self, certificate: Certificate) -> None:
        self.certificate = certificate
        self.rights: dict[str, set[str]] = {USER: {"pull", "push", "delete"}}
        self.lifetime_s = 60
        self.given: list[str] = []

    def auth(self, address: str) -> dict[str, Any]:
        """What a registry's configuration says of it."""
        realm = f"http://{address}/token"
        bundle = str(self.certificate.certificate_file)
        return {"token": {"realm": realm, "service": SERVICE, "issuer": ISSUER, "rootcertbundle": bundle}}

    def token(self, user: str, scopes: list[str]) -> str:
        """A token for as much of the scopes as the user may do."""
        now = int(time.time())
        allowed = self.rights.get(user, set())
        access = []
        for scope in scopes:
            self.given.append(scope)
            kind, name, actions = scope.split(":")
            granted = [action for action in actions.split(",") if action in allowed]
            access.append({"type": kind, "name": name, "actions": granted})
        claims = {
            "iss": ISSUER,
            "sub": user,
            "aud": SERVICE,
            "iat": now,
            "nbf": now - 5,
            # The registry takes a token for a minute longer than it says.
            "exp": now + self.lifetime_s,
            "jti": secrets.token_hex(8),
            "access": access,
        }
        der = base64.b64encode(self.certificate.x509.public_bytes(Encoding.DER)).decode()
        signed = f"{_part({'typ': 'JWT', 'alg': 'RS256', 'x5c': [der]})}.{_part(claims)}"
        signature = self.certificate.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_text(signature)}"


@contextmanager
def token_server(certificate: Certificate) -> Iterator[tuple[TokenServer, str]]:
    """Serve tokens until the end of the block; the server, and ``host:port``."""
    server = TokenServer(certificate)

    class Tokens(Handler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            self._give(_basic(self.headers.get("Authorization", "")), asked.get("scope", []))

        def do_POST(self) -> None:
            form = parse_qs(self.body().decode())
            is_known = form.get("refresh_token") == [IDENTITY] and form["grant_type"] == ["refresh_token"]
            self._give(USER if is_known else None, form.get("scope", [""])[0].split())

        def _give(self, user: str | None, scopes: list[str]) -> None:
            if user is None:
                self.answer(401, b'{"details":"incorrect username or password"}')
                return
            self.answer(200, json.dumps({"access_token": server.token(user, scopes)}).encode())

    with serving(Tokens) as address:
        yield server, address


def _basic(header: str) -> str | None:
    """Who that is; the empty name without credentials, None with wrong ones."""
    if not header:
        return ""
    user, _, password = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    return user if password == PASSWORD else None


def _part(content: dict[str, Any]) -> str:
    return _text(json.dumps(content).encode())


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
