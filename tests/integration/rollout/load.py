"""A bounded load on an address of this machine, and how many of its requests were not answered rightly."""

import http.client
import itertools
import threading
import time
from collections import Counter
from typing import Self

import msgspec

from ona_pipeline.clients.inference import read_answer, request_body
from ona_pipeline.records.question import Question
from ona_pipeline.rollout.interface import Change

_ASKERS = 8
_TIMEOUT_S = 10.0
_OK = 200


class Load:
    """Asks the known question again and again while the block lasts, and until it was asked often enough.

    Every other asker keeps its connection for as long as the server does; the others connect anew each time.
    Nothing is asked twice: a kept connection that breaks is a failed request.

    Args:
        address: ``host:port``.
        asked: whose known question it is, and the right answer.
        rate: requests a second, of all askers together.
        at_least: requests that are sent before the block ends.
        anything: ask different questions, whose right answers nobody knows.
    """

    def __init__(
        self, address: str, asked: Change, *, rate: float = 100, at_least: int = 0, anything: bool = False
    ) -> None:
        self.failures: list[str] = []
        self.answers: list[tuple[float, str]] = []
        self._address = address.removeprefix("http://")
        self._asked = asked
        self._anything = anything
        self._bodies = [request_body(each) for each in (_others(asked) if anything else [asked.question])]
        self._interval_s = _ASKERS / rate
        self._at_least = at_least
        self._over = threading.Event()
        self._askers = [threading.Thread(target=self._keep_asking, args=(n,)) for n in range(_ASKERS)]

    def __enter__(self) -> Self:
        for asker in self._askers:
            asker.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        while kind is None and self.sent < self._at_least:
            time.sleep(0.1)
        self._over.set()
        for asker in self._askers:
            asker.join()

    @property
    def sent(self) -> int:
        """How many requests there were."""
        return len(self.answers) + len(self.failures)

    @property
    def releases(self) -> Counter[str]:
        """How many requests each release answered."""
        return Counter(release for _, release in self.answers)

    def wait_until_gone(self, release: str, *, within_s: float = 60) -> None:
        """Until that release, which drains, has not answered for two seconds."""
        given_up_at = time.monotonic() + within_s
        while any(answered == release for at, answered in self.answers[-400:] if at > time.monotonic() - 2):
            assert time.monotonic() < given_up_at, f"{release} still answers"
            time.sleep(0.5)

    def first_answer_s(self, release: str, since: float) -> float:
        """How long after `since`, on the monotonic clock, that release was asked and answered again."""
        return min(at for at, answered in self.answers if answered == release and at >= since) - since

    def __str__(self) -> str:
        return f"{len(self.failures)} of {self.sent:,} requests failed"

    def _keep_asking(self, number: int) -> None:
        connection = self._connection()
        began = time.monotonic() + self._interval_s * number / _ASKERS
        for turn in itertools.count():
            time.sleep(max(0.0, began + turn * self._interval_s - time.monotonic()))
            if self._over.is_set():
                break
            try:
                self.answers.append((time.monotonic(), self._ask(connection, turn)))
            except (OSError, http.client.HTTPException, AssertionError) as error:
                self.failures.append(f"{time.time():.3f} asker {number}: {type(error).__name__} {error}")
                connection.close()
            if number % 2:
                connection.close()
        connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._address, timeout=_TIMEOUT_S)

    def _ask(self, connection: http.client.HTTPConnection, turn: int) -> str:
        """The release that answered."""
        path = f"/v2/models/{self._asked.model}/infer"
        body = self._bodies[turn % len(self._bodies)]
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = response.read()
        assert response.status == _OK, f"HTTP {response.status}"
        answer = read_answer(content, response.headers)
        assert self._anything or self._asked.question.differences(answer.outputs) == [], answer
        return answer.release


def _others(asked: Change) -> list[Question]:
    """Questions of the same form: the known one with its values turned round, a step at a time."""
    (tensor,) = asked.question.inputs
    turned = [tensor.data[step:] + tensor.data[:step] for step in range(len(tensor.data))]
    return [Question((msgspec.structs.replace(tensor, data=data),), asked.question.answer) for data in turned]
