"""The one model of this process: whether it may answer, and the threads in which it does."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import Any, ParamSpec, TypeVar

from . import log, protocol
from .environment import Environment
from .errors import NotServableError, ProtocolError
from .loading import load_checked, warm_up
from .model import Arrays, Predictor
from .release import Identity, Release, read_release

# A thread costs about 0.1 ms, and so much may health wait for a prediction.
_QUICK_S = 0.001
_NOT_QUICK_S = 0.02  # one that took so long is not asked here again
_SMALL_BODY_BYTES = 16 << 10
P = ParamSpec("P")
T = TypeVar("T")


class State(StrEnum):
    """Where the server is between start and end."""

    STARTING = "starting"
    READY = "ready"
    NOT_SERVABLE = "not servable"
    DRAINING = "draining"


class Service:
    """Loads, answers, and says why not.

    A model that must not be served does not end the process: a pod that stays up, is never ready and says why
    beats one that restarts for ever.

    Attributes:
        state: decides readiness.
        reason: why it is not ready, one sentence; empty where it is.
        identity: release id and model digest, as `release.json` says.
    """

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.state = State.STARTING
        self.reason = "the model is being loaded"
        self.identity = Identity()
        self._release: Release | None = None
        self._predictor: Predictor | None = None
        self._pool = ThreadPoolExecutor(environment.threads, thread_name_prefix="predict")
        self._running = 0
        self._is_quick = False
        self._unreadable: NotServableError | None = None
        self._read_release()

    @property
    def is_ready(self) -> bool:
        """Whether new traffic should come here."""
        return self.state is State.READY

    @property
    def release(self) -> Release | None:
        """The content of `release.json`, or None where it cannot be read."""
        return self._release

    async def start(self) -> None:
        """Check, load and warm up; ends ready, or not servable with its reason logged."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._pool, self._load)
        except NotServableError as error:
            self._give_up(error)
        except Exception:  # noqa: BLE001  a bug here must not leave a pod that says "loading" for ever
            log.LOGGER.exception("the model could not be loaded", extra={"event": "not-servable"})
            self.state, self.reason = State.NOT_SERVABLE, "the model could not be loaded; see the log"

    def drain(self) -> None:
        """Say "not ready" from now on, and go on answering."""
        if self.state is not State.NOT_SERVABLE:
            self.state, self.reason = State.DRAINING, "the server is about to end"

    def stop(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def predictor(self) -> Predictor:
        """The model.

        Raises:
            ProtocolError: 503 where there is none that may answer.
        """
        if self._predictor is None or self.state is State.NOT_SERVABLE:
            raise ProtocolError(f"not ready: {self.reason}", status=503, headers={"retry-after": "1"})
        return self._predictor

    async def answer(self, body: bytes, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `function` here and now where that takes less than a thread would cost, else as `run` does.

        Args:
            body: of the request.
            function: decodes it, predicts, encodes.
            args: its arguments.
            kwargs: its arguments by name.

        Raises:
            ProtocolError: as `run`.
        """
        if self._is_quick and len(body) <= _SMALL_BODY_BYTES:
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self._is_quick = time.perf_counter() - began <= _NOT_QUICK_S
        return await self.run(function, *args, **kwargs)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `function` in one of the threads, so that health is answered meanwhile.

        Raises:
            ProtocolError: 503 where as many requests wait as may.
        """
        if self._running >= self.environment.threads + self.environment.queue:
            message = f"busy: {self.environment.queue} requests are waiting already"
            raise ProtocolError(message, status=503, headers={"retry-after": "1"})
        self._running += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._pool, lambda: function(*args, **kwargs)
            )
        finally:
            self._running -= 1

    def predict(self, arrays: Arrays) -> dict[str, Any]:
        """Ask the model.

        Raises:
            ProtocolError: 500 where the model raised; what it said is in the log alone: it may quote data.
        """
        try:
            return self.predictor.predict(arrays)
        except ProtocolError:
            raise
        except Exception as error:  # an estimator may raise anything
            log.LOGGER.exception("the model raised", extra={"event": "prediction-error"})
            raise ProtocolError(f"the model raised {type(error).__name__}", status=500) from error

    def outputs(self) -> list[dict[str, Any]]:
        """Name, datatype and shape of what the model answers, read off the known question's answer."""
        predictor, release = self.predictor, self._release
        if release is None or release.question is None:
            return []
        return protocol.describe(
            predictor.predict(protocol.decode_question(release.question.inputs, predictor.inputs))
        )

    def _read_release(self) -> None:
        try:
            release = read_release(self.environment.root / "release.json")
        except NotServableError as error:
            self._unreadable = error  # said by `start`, once there is a log
            return
        self._release = release
        self.identity = Identity(release.release, release.model_digest, release.model)

    def _load(self) -> None:
        if self._unreadable is not None or self._release is None:
            raise self._unreadable or NotServableError("release.json: not read")
        release = self._release
        predictor = load_checked(self.environment.root, release)
        warm_up(predictor, release)
        self._is_quick = _seconds(lambda: warm_up(predictor, release)) <= _QUICK_S
        self._predictor = predictor
        if self.state is State.STARTING:
            self.state, self.reason = State.READY, ""
            log.say("ready", "the model answered the known question")

    def _give_up(self, error: NotServableError) -> None:
        self.state, self.reason = State.NOT_SERVABLE, error.message
        log.say("not-servable", error.message, level=logging.ERROR, **error.details)


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
