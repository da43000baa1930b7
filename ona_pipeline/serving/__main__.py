"""Serve: `python -m ona_serving`. SIGTERM drains first, then ends with 0."""

import asyncio
import os
import socket
import sys
import time
from types import FrameType

import uvicorn

from . import log
from .app import App
from .connection import impatient
from .environment import Environment, read_environment
from .errors import NotServableError
from .service import Service

_MOST_IN_FLIGHT_S = 20
# Uvicorn closes a connection whose request has not arrived yet, which its caller sees as a reset.
_LAST_REQUESTS_S = 0.2
# Read by the numeric libraries when they are imported, which loading the model does. Requests are answered
# `ONA_THREADS` at once already; more threads for each row or few would cost more than they give.
_THREAD_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# Longer than the idle time after which usual clients and proxies close, so that they and not the server do.
_KEEP_ALIVE_S = 75


class DrainingServer(uvicorn.Server):
    """Uvicorn, with a time between SIGTERM and the end of listening.

    Kubernetes takes a pod out of its Service and sends SIGTERM at the same moment;
    requests keep coming for a while.
    """

    def __init__(self, config: uvicorn.Config, service: Service, drain_s: float) -> None:
        super().__init__(config)
        self._service = service
        self._drain_s = drain_s
        self._end_listening_at: float | None = None
        self._has_said = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """First signal: not ready, and the drain begins. Second: listening ends at once.

        A signal handler may run in the middle of a write to the log, so it logs nothing itself.
        """
        if self._end_listening_at is not None:
            self.should_exit = True
            return
        self._service.drain()
        self._end_listening_at = time.monotonic() + self._drain_s

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: end once the drain is over."""
        if self._end_listening_at is not None:
            if not self._has_said:
                log.say("draining", f"not ready any more; listening ends in {self._drain_s:g} s")
            self._has_said = True
            self.should_exit = self.should_exit or time.monotonic() >= self._end_listening_at
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, answer what was sent on connections just made, then close them all."""
        for server in self.servers:
            server.close()
        await asyncio.sleep(_LAST_REQUESTS_S)
        await super().shutdown(sockets)


def serve(environment: Environment) -> None:
    """Run until a signal."""
    for name in _THREAD_COUNTS:
        os.environ.setdefault(name, "1")
    service = Service(environment)
    log.set_up(service.identity)
    config = uvicorn.Config(
        App(service),
        host=environment.host,
        port=environment.port,
        loop="uvloop",
        http=impatient(environment.patience_s),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_MOST_IN_FLIGHT_S,
    )
    DrainingServer(config, service, environment.drain_s).run()


def main() -> int:
    """Read the environment and serve.

    Returns:
        0 after a drain, 2 where an environment variable is wrong.
    """
    try:
        serve(read_environment(os.environ))
    except NotServableError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
