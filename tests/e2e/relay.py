"""Passes connections on: `relay.py HOST PORT TO_HOST TO_PORT`. It runs here, and as a container of a pod."""

import signal
import socket
import sys
import threading
from contextlib import suppress


def passed_on(source: socket.socket, target: socket.socket) -> None:
    """Copy until one end is closed; then close both."""
    with suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def main(host: str, port: str, to_host: str, to_port: str) -> None:
    """Listen until it is told to end, which the first process of a container has to do itself."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    listening = socket.create_server((host, int(port)))
    print(listening.getsockname()[1], flush=True)  # noqa: T201 - how whoever asked for any port learns it
    while True:
        near, _ = listening.accept()
        far = socket.create_connection((to_host, int(to_port)))
        for ends in ((near, far), (far, near)):
            threading.Thread(target=passed_on, args=ends, daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
