"""The one thing that a training is lent: its own MLflow run, through a Unix socket.

The sandbox has no network. This server, in the releaser's process, takes requests from the socket, sends
on those that concern the run, with the releaser's credentials, and refuses the rest. The training never
sees a credential.
"""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from ona_pipeline.errors import OnaError
from ona_pipeline.retraining.lent import allowed

SOCKET = "mlflow.sock"
Forward = Callable[[str, str, bytes], tuple[int, bytes]]
_MAX_BODY_BYTES = 1 << 20  # what MLflow itself takes in one batch
_CONNECTIONS = 16
_IDLE_S = 60


@contextmanager
def gateway(folder: Path, *, forward: Forward, run_id: str, experiment_id: str) -> Iterator[None]:
    """Serve one run on ``mlflow.sock`` in `folder`, for as long as the block lasts.

    Args:
        folder: existing; the sandbox gets it as an input.
        forward: sends method, path and body to MLflow, and gives status and body of the answer.
        run_id: the only run that can be read or written.
        experiment_id: the only experiment that can be read.
    """
    path = folder / SOCKET
    with _Server(str(path), _handler(forward, run_id, experiment_id)) as server:
        path.chmod(0o666)
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False
    # A full queue of a Unix socket refuses at once, where one of TCP would let the caller wait.
    request_queue_size = 128

    def __init__(self, path: str, handler: type[BaseHTTPRequestHandler]) -> None:
        self._free = threading.BoundedSemaphore(_CONNECTIONS)
        super().__init__(path, handler)

    def verify_request(self, _request: object, _client: object) -> bool:
        """Take no more connections at once than there are threads for."""
        return self._free.acquire(timeout=1)

    def process_request_thread(self, request: object, client_address: object) -> None:
        """Answer one connection, and make room for the next."""
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]
        finally:
            self._free.release()

    def handle_error(self, _request: object, _client: object) -> None:
        """A training that hangs up is no concern of ours."""


def _handler(forward: Forward, run_id: str, experiment_id: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _IDLE_S

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "0")
            if not length.isdigit() or int(length) > _MAX_BODY_BYTES:
                self.close_connection = True
                self._send(413, _refusal("a body of at most 1 MiB, with its Content-Length, is taken"))
                return
            self._answer(self.rfile.read(int(length)))

        def _answer(self, body: bytes) -> None:
            request = allowed(self.command, self.path, body, run_id=run_id, experiment_id=experiment_id)
            if request is None:
                self._send(403, _refusal("a training may read and write its own run, and nothing else"))
                return
            try:
                self._send(*forward(request.method, request.path, request.body))
            except OnaError as error:
                self._send(503, _refusal(error.message, code="TEMPORARILY_UNAVAILABLE"))

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: standard error belongs to the command's progress."""

    return Handler


def _refusal(message: str, *, code: str = "PERMISSION_DENIED") -> bytes:
    return json.dumps({"error_code": code, "message": message}).encode()
