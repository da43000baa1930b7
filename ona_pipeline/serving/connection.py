"""One connection of uvicorn, closed where the head of a request does not come in time.

Uvicorn waits for ever for the first byte of a new connection and for the end of a head, and each such
connection keeps a file descriptor. What comes after the head is `Request.body`'s to wait for.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


def impatient(patience_s: float) -> type[Any]:
    """The class of connections that wait `patience_s` seconds for a head."""

    class Connection(HttpToolsProtocol):
        _waiting: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._wait()

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._wait()

        def on_headers_complete(self) -> None:
            self._wait_no_more()
            super().on_headers_complete()

        def connection_lost(self, exc: Exception | None) -> None:
            self._wait_no_more()
            super().connection_lost(exc)

        def _wait(self) -> None:
            if self._waiting is None:
                self._waiting = self.loop.call_later(patience_s, self._close)

        def _wait_no_more(self) -> None:
            if self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None

        def _close(self) -> None:
            self._waiting = None
            self.transport.close()

    return Connection
