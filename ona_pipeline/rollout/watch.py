"""Looking at a target again and again, until it is well, hopeless, or out of time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

import msgspec

from ona_pipeline.errors import BackendError
from ona_pipeline.rollout.interface import LAST_WORDS, Change, Condition, Serving

T = TypeVar("T")
POLL_S = 0.5
# Seen well twice, this far apart: an instance that answers once and then dies is not well.
SHORTEST_S = 1.0


class Watched(Protocol):
    """What can be waited for: a target, or a canary beside it."""

    def condition(self, change: Change) -> Condition:
        """Look once how far it is with `change`."""
        ...

    def serving(self) -> Serving | None:
        """What it is set to serve."""
        ...


class Watch:
    """Waits for one target.

    Args:
        target: what is looked at.
        clock: the time now, aware UTC.
        sleep: waits so many seconds.
        progress: is told each new sentence.
        min_ready_s: how long the target has to be seen well without a break, seconds.
    """

    def __init__(
        self,
        target: Watched,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        progress: Callable[[str], None],
        min_ready_s: float = SHORTEST_S,
    ) -> None:
        self._target = target
        self._clock = clock
        self._sleep = sleep
        self._progress = progress
        self._stable_for = timedelta(seconds=max(min_ready_s, SHORTEST_S))
        self._said = ""

    def until_well(self, change: Change, deadline_s: float, *, gives_up: bool = True) -> Condition:
        """The condition in which the watch ended: well, hopeless, or as it was at the deadline.

        Hopeless, too, has to be seen twice: a Deployment tells of the pods before for a moment.

        Args:
            change: what should be served.
            deadline_s: how long to look, seconds.
            gives_up: whether to end before the deadline where waiting cannot help; False for the way back,
                after which there is nothing else to try, and which was found well for long enough before.

        Raises:
            BackendError: the target could not be asked, or could still not be asked at the deadline.
        """
        deadline = self._clock() + timedelta(seconds=deadline_s)
        stable_for = self._stable_for if gives_up else timedelta(seconds=SHORTEST_S)
        well_since: datetime | None = None
        hopeless_before = False
        named: Condition | None = None
        while True:
            seen, now = self.looked(partial(self._target.condition, change), deadline), self._clock()
            named = seen if seen.cause else named
            well_since = (well_since or now) if seen.well else None
            if well_since and now - well_since >= stable_for:
                return seen
            lost = seen.hopeless and hopeless_before and gives_up
            if not seen.well and (lost or now >= deadline):
                return _with_cause(seen, named)
            hopeless_before = seen.hopeless
            self._say(seen.sentence)
            self._sleep(POLL_S)

    def until_empty(self, deadline_s: float) -> bool:
        """Whether the target serves nothing of ours any more before the deadline."""
        deadline = self._clock() + timedelta(seconds=deadline_s)
        while self._target.serving() is not None:
            if self._clock() >= deadline:
                return False
            self._sleep(POLL_S)
        return True

    def until_done(self, deed: Callable[[], T], deadline_s: float) -> T:
        """Do what can be repeated, and again while the target is away; what comes of it.

        Raises:
            BackendError: the target refuses, or is still away at the deadline.
        """
        deadline = self._clock() + timedelta(seconds=deadline_s)
        while True:
            try:
                return deed()
            except BackendError as error:
                if not error.retryable or self._clock() >= deadline:
                    raise
                self._say(error.message)
                self._sleep(POLL_S)

    def looked(self, look: Callable[[], Condition], deadline: datetime) -> Condition:
        """One look; a target that is away for a moment is only not well.

        Raises:
            BackendError: it could not be asked, and will not be, or the deadline is over.
        """
        try:
            return look()
        except BackendError as error:
            if not error.retryable or self._clock() >= deadline:
                raise
            return Condition(False, "", error.message, hopeless=False, instances=(), address="")

    def _say(self, sentence: str) -> None:
        """Tell it once, without the log lines: they are for a finding, if it comes to one."""
        sentence = sentence.partition(LAST_WORDS)[0]
        if sentence != self._said:
            self._said = sentence
            self._progress(sentence)


def _with_cause(seen: Condition, named: Condition | None) -> Condition:
    """Where it is not well for no reason of its own: what kept it from that when there was one to see."""
    if seen.cause or named is None:
        return seen
    sentence = f"{seen.sentence}; before that, {named.sentence}"
    return msgspec.structs.replace(seen, cause=named.cause, sentence=sentence)
