"""A caller of an ASGI application in this process, over no socket."""

import asyncio
from dataclasses import dataclass
from typing import Any

import msgspec


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def error(self) -> str:
        return str(self.json["error"])


class Caller:
    """Sends requests; `read` counts the body chunks that the application asked for."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.chunks_read = 0

    def get(self, path: str, method: str = "GET") -> Reply:
        return asyncio.run(self.ask(method, path))

    def post(self, path: str, document: Any, headers: dict[str, str] | None = None) -> Reply:
        body = document if isinstance(document, bytes) else msgspec.json.encode(document)
        given = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
        return asyncio.run(self.ask("POST", path, [body], given))

    async def ask(
        self, method: str, path: str, chunks: Any = (b"",), headers: dict[str, str] | None = None
    ) -> Reply:
        sent: list[dict[str, Any]] = []
        left = iter([*chunks])
        following = next(left, None)

        async def receive() -> dict[str, Any]:
            nonlocal following
            if following is None:
                return {"type": "http.disconnect"}
            chunk, following = following, next(left, None)
            self.chunks_read += 1
            return {"type": "http.request", "body": chunk, "more_body": following is not None}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        pairs = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        await self.app({"type": "http", "method": method, "path": path, "headers": pairs}, receive, send)
        given = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Reply(sent[0]["status"], given, b"".join(message["body"] for message in sent[1:]))
