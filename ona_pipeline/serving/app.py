"""The ASGI application: a table of routes, errors turned to answers, every answer counted."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping

from . import log
from .errors import ProtocolError
from .exchange import Answer, Receive, Request, Scope, Send, refusal, send_answer
from .handlers import Handlers
from .metrics import Metrics
from .service import Service, State

Handler = Callable[[Request], Awaitable[Answer]]
_MODEL = re.compile(r"(?:/versions/(?P<version>[^/]+))?(?P<rest>/ready|/infer)?\Z")
_MODELS = "/v2/models/"
_BUG = ProtocolError("the server has a fault; its log has the traceback", status=500)


class App:
    """Answers requests for one service, and loads its model once the server listens."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.metrics = Metrics(service.identity)
        handlers = Handlers(service, self.metrics)
        self._routes = _routes(handlers)
        identity = service.identity
        self._headers = {"ona-release": identity.release, "ona-model-digest": identity.model_digest}
        self._loading: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI conversation: the lifespan of the server, or one HTTP request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        # A task of its own: liveness is answered while the model loads.
        self._loading = asyncio.create_task(self.service.start())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.service.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        route, parts = _find(scope["path"])
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        limits = self.service.environment
        request = Request(
            scope["method"], scope["path"], parts, headers, receive, limits.max_body_bytes, limits.patience_s
        )
        answer = await self._handle(route, request)
        # Counted before it is sent, so that a caller who has an answer finds it in the metrics.
        self.metrics.answered(route, answer.status, time.perf_counter() - started)
        await send_answer(answer, self._extra_headers(), receive, send)

    async def _handle(self, route: str, request: Request) -> Answer:
        try:
            return await self._handler(route, request)(request)
        except ProtocolError as error:
            return refusal(error)
        except Exception:  # noqa: BLE001  the boundary: a fault is logged with its traceback and answered
            log.LOGGER.exception("unexpected", extra={"event": "fault", "fields": {"route": route}})
            return refusal(_BUG)

    def _handler(self, route: str, request: Request) -> Handler:
        if route not in self._routes:
            raise ProtocolError(f"{request.path}: there is nothing here", status=404)
        methods = self._routes[route]
        method = "GET" if request.method == "HEAD" else request.method
        if method not in methods:
            wanted = ", ".join(methods)
            raise ProtocolError(
                f"method: wanted {wanted}, found {request.method}", status=405, headers={"allow": wanted}
            )
        return methods[method]

    def _extra_headers(self) -> dict[str, str]:
        # While draining, callers are asked to connect anew, so that none is under way when listening ends.
        closing = {"connection": "close"} if self.service.state is State.DRAINING else {}
        return {**self._headers, **closing}


def _routes(handlers: Handlers) -> dict[str, dict[str, Handler]]:
    return {
        "/v2": {"GET": handlers.server},
        "/v2/health/live": {"GET": handlers.live},
        "/v2/health/ready": {"GET": handlers.ready},
        "/v2/models/{model}": {"GET": handlers.model},
        "/v2/models/{model}/ready": {"GET": handlers.ready},
        "/v2/models/{model}/infer": {"POST": handlers.infer},
        "/invocations": {"POST": handlers.invoke},
        "/ping": {"GET": handlers.ping},
        "/health": {"GET": handlers.ping},
        "/version": {"GET": handlers.version},
        "/openapi.json": {"GET": handlers.openapi},
        "/metrics": {"GET": handlers.metrics},
    }


_FIXED = {
    "/v2",
    "/v2/health/live",
    "/v2/health/ready",
    "/invocations",
    "/ping",
    "/health",
    "/version",
    "/openapi.json",
    "/metrics",
}


def _find(path: str) -> tuple[str, Mapping[str, str]]:
    """The route's template, for metrics too, and the variable parts of the path."""
    if not path.startswith(_MODELS):
        return (path if path in _FIXED else "other"), {}
    name, slash, rest = path.removeprefix(_MODELS).partition("/")
    match = _MODEL.match(slash + rest)
    if not name or match is None:
        return "other", {}
    version = {"version": match["version"]} if match["version"] else {}
    return f"/v2/models/{{model}}{match['rest'] or ''}", {"model": name, **version}
