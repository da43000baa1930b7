"""One HTTP exchange over ASGI: the body read up to a limit, the answer sent.

Source: ASGI specification 3.0, "HTTP".
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from .errors import ProtocolError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_LINGER_S = 2.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: method, variable parts of the path, headers, and a body still to be read."""

    method: str
    path: str
    parts: Mapping[str, str]
    headers: Mapping[str, str]
    receive: Receive
    max_body_bytes: int
    patience_s: float = math.inf

    async def body(self) -> bytes:
        """Read the body, and stop at the limit: what is declared too long is not read at all.

        Raises:
            ProtocolError: 413 where it is longer than `max_body_bytes`; 408 where it does not come within
                `patience_s`; 400 where the caller went away.
        """
        try:
            async with asyncio.timeout(self.patience_s):
                return await self._read()
        except TimeoutError as error:
            message = f"body: wanted all of it within {self.patience_s:g} s, found less"
            raise ProtocolError(message, status=408, headers={"connection": "close"}) from error

    async def _read(self) -> bytes:
        declared = self.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self.max_body_bytes:
            raise self._too_long(f"{declared} bytes")
        chunks: list[bytes] = []
        size_bytes, more = 0, True
        while more:
            message = await self.receive()
            if message["type"] != "http.request":
                raise ProtocolError("body: the connection was closed before its end")
            chunks.append(message.get("body", b""))
            size_bytes += len(chunks[-1])
            more = message.get("more_body", False)
            if size_bytes > self.max_body_bytes:
                raise self._too_long("more")
        return b"".join(chunks)

    def _too_long(self, found: str) -> ProtocolError:
        message = f"body: wanted at most {self.max_body_bytes} bytes, found {found}"
        return ProtocolError(message, status=413, headers={"connection": "close"})


def as_json(document: Any, *, status: int = 200) -> Answer:
    """An answer with a JSON body."""
    return Answer(msgspec.json.encode(document), status)


def refusal(error: ProtocolError) -> Answer:
    """The answer to a request that gets no prediction."""
    return Answer(msgspec.json.encode({"error": error.message}), error.status, headers=error.headers)


async def send_answer(answer: Answer, extra: Mapping[str, str], receive: Receive, send: Send) -> None:
    """Send an answer with further headers.

    A refused body is still on its way. Closing at once would reset the connection before the caller has read
    why, so after a 413 what comes is thrown away for two seconds at most (RFC 9112 §9.6).
    """
    headers = {"content-type": answer.content_type, "content-length": str(len(answer.body)), **extra}
    pairs = [
        (name.encode(), value.encode("latin-1")) for name, value in {**headers, **answer.headers}.items()
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    is_refused_body = answer.status == 413  # noqa: PLR2004  RFC 9110 §15.5.14
    await send({"type": "http.response.body", "body": answer.body, "more_body": is_refused_body})
    if is_refused_body:
        await _discard(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _discard(receive: Receive) -> None:
    deadline = time.monotonic() + _LINGER_S
    more = True
    while more and (left := deadline - time.monotonic()) > 0:
        try:
            message = await asyncio.wait_for(receive(), left)
        except TimeoutError:
            return
        more = message["type"] == "http.request" and message.get("more_body", False)
