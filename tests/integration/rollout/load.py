"""A light load on an address, and how many of its requests were not answered."""

import threading
import time
from collections import Counter
from typing import Self

from ona_pipeline.clients.inference import ask
from ona_pipeline.errors import BackendError
from tests import stand_in


class Load:
    """Asks the known question again and again while the block lasts.

    Args:
        address: ``host:port``.
        pause_s: between two requests of one of the four askers.
    """

    def __init__(self, address: str, *, pause_s: float = 0.02) -> None:
        self.releases: Counter[str] = Counter()
        self.failures: list[str] = []
        self._address = address
        self._pause_s = pause_s
        self._over = threading.Event()
        self._askers = [threading.Thread(target=self._ask) for _ in range(4)]

    def __enter__(self) -> Self:
        for asker in self._askers:
            asker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for asker in self._askers:
            asker.join()

    def _ask(self) -> None:
        while not self._over.is_set():
            try:
                answer = ask(self._address, stand_in.MODEL, stand_in.QUESTION, timeout_s=5)
            except BackendError as error:
                self.failures.append(f"{time.time():.3f} {error.message} {error.__cause__}")
            else:
                self.releases[answer.release] += 1
            time.sleep(self._pause_s)
