"""Ends a process in the middle, without ending the test's: at its n-th write, or touch of a target."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ona_pipeline.ledger.interface import Writing
from ona_pipeline.ledger.lease import Lease
from ona_pipeline.ledger.sql import SqlLedger
from ona_pipeline.records.finding import Finding
from ona_pipeline.rollout.interface import Change, Terms
from tests.fakes.target import FakeTarget


class Killed(BaseException):
    """Nothing of the process that is killed handles it: it is no `Exception`."""


class Fate:
    """How many more writes and touches a process lives for.

    Args:
        left: that many; None: to its end.
    """

    def __init__(self, left: int | None) -> None:
        self._left = left

    def comes_nearer(self) -> None:
        """One write or touch begins, or has just ended.

        Raises:
            Killed: it was the last.
        """
        if self._left is None:
            return
        if not self._left:
            raise Killed
        self._left -= 1


class DoomedLedger:
    """A real ledger, in the hands of a process that may be killed before or after it writes."""

    def __init__(self, ledger: SqlLedger, fate: Fate) -> None:
        self._ledger = ledger
        self._fate = fate

    @contextmanager
    def writing(self, lease: Lease | None = None) -> Iterator[Writing]:
        is_beat = threading.current_thread() is not threading.main_thread()
        fate = Fate(None) if is_beat else self._fate
        fate.comes_nearer()
        with self._ledger.writing(lease) as writing:
            yield writing
        fate.comes_nearer()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


class DoomedTarget:
    """A target, in the hands of a process that may be killed before or after it changes something."""

    def __init__(self, target: FakeTarget, fate: Fate) -> None:
        self._target = target
        self._fate = fate

    def apply(self, change: Change, terms: Terms | None = None) -> Finding | None:
        self._fate.comes_nearer()
        found = self._target.apply(change, terms)
        self._fate.comes_nearer()
        return found

    def remove(self) -> None:
        self._fate.comes_nearer()
        self._target.remove()
        self._fate.comes_nearer()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)
