"""A serving image's behaviour in the standard library alone: health, one known answer, and ways to misbehave.

STAND_IN says which: well, crash, never-ready, wrong-answer, out-of-memory. ONA_RELEASE is its release.
"""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BEHAVIOUR = os.environ.get("STAND_IN", "well")
RELEASE = os.environ.get("ONA_RELEASE", "none")
WRONG = 9
RIGHT = 7
DRAINING = threading.Event()


class Handler(BaseHTTPRequestHandler):
    """Just enough of the Open Inference Protocol v2."""

    def do_GET(self) -> None:
        """Liveness and readiness."""
        is_ready = BEHAVIOUR != "never-ready" and not DRAINING.is_set()
        self.answer(200 if self.path == "/v2/health/live" or is_ready else 503, {})

    def do_POST(self) -> None:
        """One answer to whatever is asked."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        label = WRONG if BEHAVIOUR == "wrong-answer" else RIGHT
        output = {"name": "label", "datatype": "INT64", "shape": [1], "data": [label]}
        self.answer(200, {"outputs": [output]})

    def answer(self, status: int, body: dict[str, Any]) -> None:
        """Send JSON, with the release in a header as the real server has it."""
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ona-release", RELEASE)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


class Server(ThreadingHTTPServer):
    """Ends its requests before it ends itself."""

    daemon_threads = False
    request_queue_size = 128

    def drain(self, *_: object) -> None:
        """What SIGTERM asks for."""
        DRAINING.set()
        threading.Thread(target=self.shutdown).start()


def main() -> None:
    """Serve, or misbehave."""
    sys.stderr.write(f"stand-in for {RELEASE}: {BEHAVIOUR}\n")
    if BEHAVIOUR == "crash":
        sys.exit("model.skops: wanted digest sha256:aaaa, found sha256:bbbb")
    if BEHAVIOUR == "out-of-memory":
        hoard: list[bytearray] = []
        while True:
            hoard.append(bytearray(os.urandom(1 << 20) * 16))
            time.sleep(0.01)
    server = Server(("0.0.0.0", 8080), Handler)
    signal.signal(signal.SIGTERM, server.drain)
    server.serve_forever(poll_interval=0.1)
    server.server_close()


main()
