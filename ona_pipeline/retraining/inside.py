"""Runs in the sandbox, beside ``train.py``: an MLflow server of one run, which writes down what it is told.

    python3 inside.py ANSWERS CALLS PORT COMMAND…

What is read is answered from the file ANSWERS; what is written goes into the file CALLS, one line of JSON
each, to be judged and passed on by the releaser afterwards. Standard library only, and nothing else of ona:
the sandbox has only this file. It knows no secret.
"""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_MOST_BODY_BYTES = 1 << 20  # what MLflow itself takes in one batch
_MOST_BYTES = 64 << 20


def main(arguments: list[str]) -> int:
    """Listen on the loopback address, run the command, and end as it ends."""
    answers = json.loads(Path(arguments[0]).read_text("utf-8"))
    with Path(arguments[1]).open("a", encoding="utf-8") as calls:
        server = ThreadingHTTPServer(("127.0.0.1", int(arguments[2])), _handler(answers, _Calls(calls)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return subprocess.call(arguments[3:])


class _Calls:
    def __init__(self, file: Any) -> None:
        self._file = file
        self._left = _MOST_BYTES
        self._lock = threading.Lock()

    def add(self, path: str, body: Any) -> bool:
        """Write one down; False where there is no more room."""
        line = json.dumps({"path": path, "body": body}) + "\n"
        with self._lock:
            self._left -= len(line)
            if self._left >= 0:
                self._file.write(line)
                self._file.flush()
            return self._left >= 0


def _handler(answers: dict[str, Any], calls: _Calls) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(answers["GET"].get(urlsplit(self.path).path))

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "0")
            if not length.isdigit() or int(length) > _MOST_BODY_BYTES:
                self.close_connection = True
                self._refuse(413, "a body of at most 1 MiB, with its Content-Length, is taken")
                return
            path, body = urlsplit(self.path).path, _object(self.rfile.read(int(length)))
            is_known = path in answers["POST"] and body.get("run_id") == answers["run_id"]
            if is_known and not calls.add(path, body):
                self._refuse(413, "a training may write 64 MiB to its run")
                return
            self._send(answers["POST"][path] if is_known else None)

        def _send(self, answer: Any, status: int = 200) -> None:
            if answer is None:
                self._refuse(403, "a training may read and write its own run, and nothing else")
                return
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _refuse(self, status: int, message: str) -> None:
            self._send({"error_code": "PERMISSION_DENIED", "message": message}, status)

        def log_message(self, *_: object) -> None:
            """Say nothing: the output is the training's."""

    return Handler


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
