"""Runs in the sandbox, beside ``train.py``: makes the gateway's socket look like an MLflow server.

    python3 inside.py SOCKET PORT COMMAND…

Standard library only, and nothing else of ona: the sandbox has only this file. It relays bytes and knows
no secret.
"""

import contextlib
import socket
import subprocess
import sys
import threading

_CHUNK_BYTES = 65536


def main(arguments: list[str]) -> int:
    """Listen on the loopback address, run the command, and end as it ends."""
    listener = socket.create_server(("127.0.0.1", int(arguments[1])))
    threading.Thread(target=_accept, args=(listener, arguments[0]), daemon=True).start()
    return subprocess.call(arguments[2:])


def _accept(listener: socket.socket, path: str) -> None:
    while True:
        near, _ = listener.accept()
        threading.Thread(target=_relay, args=(near, path), daemon=True).start()


def _relay(near: socket.socket, path: str) -> None:
    with near, socket.socket(socket.AF_UNIX) as far, contextlib.suppress(OSError):
        far.connect(path)
        back = threading.Thread(target=_copy, args=(far, near), daemon=True)
        back.start()
        _copy(near, far)
        back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(_CHUNK_BYTES):
            target.sendall(chunk)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
