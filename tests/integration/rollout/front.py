"""A front before a server, that a test takes away for a while: the server itself is never touched."""

import contextlib
import socket
import threading
import time
from typing import Self

_PIECE = 1 << 16


class Front:
    """Passes connections on while it is there.

    Args:
        host: of the server behind it.
        port: likewise.
    """

    def __init__(self, host: str, port: int) -> None:
        self._behind = (host, port)
        self._there = threading.Event()
        self._open: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])

    def __enter__(self) -> Self:
        self._there.set()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._there.clear()
        self._listening.close()
        self._cut()

    def away(self, *, after_s: float, for_s: float) -> threading.Thread:
        """Be away for a while, in the background."""

        def leave() -> None:
            time.sleep(after_s)
            self._there.clear()
            self._cut()
            time.sleep(for_s)
            self._there.set()

        leaving = threading.Thread(target=leave)
        leaving.start()
        return leaving

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if not self._there.is_set():
                near.close()
                continue
            far = socket.create_connection(self._behind)
            self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_pass_on, args=(source, sink), daemon=True).start()

    def _cut(self) -> None:
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(_PIECE):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
