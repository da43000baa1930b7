"""Looking at a target again and again, until it is well, hopeless, or out of time."""

from collections.abc import Callable
from datetime import datetime, timedelta

from ona_pipeline.errors import BackendError
from ona_pipeline.rollout.interface import LAST_WORDS, Change, Condition, Target

POLL_S = 0.5
# Seen well twice, this far apart: an instance that answers once and then dies is not well.
STABLE_FOR = timedelta(seconds=1)


class Watch:
    """Waits for one target.

    Args:
        target: what is looked at.
        clock: the time now, aware UTC.
        sleep: waits so many seconds.
        progress: is told each new sentence.
    """

    def __init__(
        self,
        target: Target,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        progress: Callable[[str], None],
    ) -> None:
        self._target = target
        self._clock = clock
        self._sleep = sleep
        self._progress = progress
        self._said = ""

    def until_well(self, change: Change, deadline_s: float, *, gives_up: bool = True) -> Condition:
        """The condition in which the watch ended: well, hopeless, or as it was at the deadline.

        Hopeless, too, has to be seen twice: a Deployment tells of the pods before for a moment.

        Args:
            change: what should be served.
            deadline_s: how long to look, seconds.
            gives_up: whether to end before the deadline where waiting cannot help; False for the way back,
                after which there is nothing else to try.

        Raises:
            BackendError: the target could not be asked, or could still not be asked at the deadline.
        """
        deadline = self._clock() + timedelta(seconds=deadline_s)
        well_since: datetime | None = None
        hopeless_before = False
        while True:
            seen, now = self._look(change, deadline), self._clock()
            well_since = (well_since or now) if seen.well else None
            if well_since and now - well_since >= STABLE_FOR:
                return seen
            lost = seen.hopeless and hopeless_before and gives_up
            if not seen.well and (lost or now >= deadline):
                return seen
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

    def _look(self, change: Change, deadline: datetime) -> Condition:
        try:
            return self._target.condition(change)
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
