"""The pushed image, started and asked the known question before anyone is asked to approve it."""

import time
from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec

from ona_pipeline.clients.inference import LOADING, Answer
from ona_pipeline.errors import BackendError
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.question import Question
from ona_pipeline.records.reference import PinnedReference

_PAUSE_S = 0.05


class Running(Protocol):
    """An image that was started."""

    def ask(self, model: str, question: Question) -> Answer:
        """Ask it.

        Raises:
            BackendError: it gives no answer; retryable while it may still be starting.
        """
        ...

    def last_words(self) -> str | None:
        """None while it runs; once it has ended, the end of what it said."""
        ...


class Starter(Protocol):
    """Starts images."""

    def started(self, image: PinnedReference) -> AbstractContextManager[Running]:
        """Pull an image by its digest and start it; it is removed at the end, in every case.

        Raises:
            BackendError: there is nothing to start it with, or it could not be pulled.
        """
        ...


class Expected(msgspec.Struct, frozen=True):
    """Who should answer, and what.

    Attributes:
        model: the model's name.
        release: the release id.
        model_digest: of the model manifest.
        question: the known question.
    """

    model: str
    release: str
    model_digest: Digest
    question: Question


class Trial(msgspec.Struct, frozen=True):
    """How it went.

    Attributes:
        findings: empty where the right answer came from the right release.
        answer: output name to values.
        start_s: from the start to the first answer, seconds.
    """

    findings: tuple[Finding, ...]
    answer: dict[str, list[Any]] = {}
    start_s: float = 0.0


def tried(image: PinnedReference, expected: Expected, starter: Starter, *, timeout_s: float) -> Trial:
    """Start an image and ask it; `did-not-start` or `wrong-answer` where it does not do what it should.

    Args:
        image: in the registry.
        expected: who should answer, and what.
        starter: what to start it with.
        timeout_s: how long the first answer may take, seconds.

    Raises:
        BackendError: the image could not be started, or was still starting; nothing is known of it.
    """
    with starter.started(image) as running:
        started = time.monotonic()
        answer = _first_answer(running, expected, started + timeout_s)
        start_s = time.monotonic() - started
    if isinstance(answer, Finding):
        return Trial(findings=(answer,), start_s=start_s)
    return Trial(findings=_judged(answer, expected), answer=answer.outputs, start_s=start_s)


def _first_answer(running: Running, expected: Expected, deadline: float) -> Answer | Finding:
    while True:
        try:
            return running.ask(expected.model, expected.question)
        except BackendError as error:
            words = running.last_words()
            if words is not None:
                return _did_not_start(f"it ended; its last words: {words}")
            if time.monotonic() > deadline or not error.retryable:
                return _given_up(error)
            time.sleep(_PAUSE_S)


def _given_up(error: BackendError) -> Finding:
    """A refusal, but where the server has begun and says that it needs more time: then nothing is known.

    Raises:
        BackendError: of an image that was still loading its model.
    """
    if LOADING in error.message:
        raise BackendError(
            f"the published image was still loading its model when its time was up: {error.message}",
            hint="is this machine short of memory or processor time?",
            retryable=True,
        ) from error
    return _did_not_start(error.message)


def _did_not_start(reason: str) -> Finding:
    return Finding("did-not-start", "image", f"the published image gave no answer: {reason}")


def _judged(answer: Answer, expected: Expected) -> tuple[Finding, ...]:
    differences = expected.question.differences(answer.outputs)
    if answer.release != expected.release:
        differences.append(f"release: wanted {expected.release}, found {answer.release}")
    if answer.model_digest != expected.model_digest:
        differences.append(f"model digest: wanted {expected.model_digest}, found {answer.model_digest}")
    return tuple(Finding("wrong-answer", "image", difference) for difference in differences)
