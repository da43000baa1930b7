"""A wire to PostgreSQL that can be cut: a proxy on a port of its own."""

import contextlib
import socket
import threading
from collections.abc import Callable

COMMIT = b"COMMIT"


class Wire:
    """Passes bytes on, until a test cuts it.

    Args:
        address: host and port of the server.
    """

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.at_commit: Callable[[], bool] | None = None
        """Called once at the next COMMIT, which is passed on where it says so; its answer never arrives."""
        self._open: list[socket.socket] = []
        self._deciding = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection, as a server that is restarted does."""
        for end in self._open:
            _close(end)
        self._open.clear()

    def down(self) -> None:
        """Refuse connections, and end those that there are."""
        _close(self._listening)
        self.cut()

    def up(self) -> None:
        """Listen again, on the same port."""
        self._listening = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        listening = self._listening
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            server = socket.create_connection(self._address)
            self._open += [client, server]
            threading.Thread(target=self._asks, args=(client, server), daemon=True).start()
            threading.Thread(target=self._answers, args=(client, server), daemon=True).start()

    def _asks(self, client: socket.socket, server: socket.socket) -> None:
        while asked := _received(client):
            if self.at_commit and COMMIT in asked:
                is_passed_on, self.at_commit = self.at_commit, None
                with self._deciding:
                    if is_passed_on():
                        server.sendall(asked)
                    _close(client)
                break
            with contextlib.suppress(OSError):
                server.sendall(asked)
        _close(server)

    def _answers(self, client: socket.socket, server: socket.socket) -> None:
        while answered := _received(server):
            with self._deciding, contextlib.suppress(OSError):
                client.sendall(answered)
        with self._deciding:
            _close(client)


def _received(end: socket.socket) -> bytes:
    try:
        return end.recv(65536)
    except OSError:
        return b""


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
