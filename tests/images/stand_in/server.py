"""A serving image's behaviour in the standard library alone: health, one known answer, and ways to misbehave.

STAND_IN says which: well, crash, never-ready, flaps, slow-start, wrong-port, wrong-answer, out-of-memory,
out-of-memory-under-traffic. ONA_RELEASE is its release.
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
STARTED = time.monotonic()
LOADING_S = 45
FLAP_S = 8  # the readiness probe of k8s/base fails three times, 2 s apart, before a pod is not ready
HOARD: list[bytearray] = []


def is_ready() -> bool:
    """What the readiness probe is told."""
    flaps = BEHAVIOUR == "flaps" and int((time.monotonic() - STARTED) / FLAP_S) % 2 == 1
    return BEHAVIOUR != "never-ready" and not flaps and not DRAINING.is_set()


def hoard() -> None:
    """Take 16 MB for ever."""
    HOARD.append(bytearray(os.urandom(1 << 20) * 16))


class Handler(BaseHTTPRequestHandler):
    """Just enough of the Open Inference Protocol v2."""

    def do_GET(self) -> None:
        """Liveness and readiness."""
        self.answer(200 if self.path == "/v2/health/live" or is_ready() else 503, {})

    def do_POST(self) -> None:
        """One answer to whatever is asked."""
        if BEHAVIOUR == "out-of-memory-under-traffic":
            hoard()
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
        while True:
            hoard()
            time.sleep(0.01)
    if BEHAVIOUR == "slow-start":
        time.sleep(LOADING_S)
    server = Server(("0.0.0.0", 9090 if BEHAVIOUR == "wrong-port" else 8080), Handler)
    signal.signal(signal.SIGTERM, server.drain)
    server.serve_forever(poll_interval=0.1)
    server.server_close()


main()
