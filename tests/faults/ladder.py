"""Strikes one process after the other, where none before it was struck, until one comes through.

Every process goes on with what the ones before it left: so each also proves that the strike before was
recovered from. Which step a call belongs to is told by what the ledger held when the process was started.
"""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator

import msgspec

from ona_pipeline.records.event import Event
from ona_pipeline.records.promotion_facts import (
    Approved,
    PromotionRequested,
    Replaced,
    RolledBack,
    RolledOut,
)
from ona_pipeline.records.release_facts import ReleasePublished, ReleaseRequested, StagePassed
from tests.e2e.world import ONA, World
from tests.faults.calls import LEAVES, OPENS, Call
from tests.faults.watched import Watched

_STEPS = (
    ReleaseRequested,
    StagePassed,
    ReleasePublished,
    PromotionRequested,
    Approved,
    RolledOut,
    Replaced,
    RolledBack,
)
_AFTER_S = 0.05  # a server has done most of what it was asked by then
_MANY = 60
_LIMIT = 3000  # strikes; a ladder that does not end is a finding
_log = logging.getLogger(__name__)

Command = Callable[[], list[str]]
"""What a person would type next, seeing the ledger as it is."""


class Strike(msgspec.Struct, frozen=True):
    """What befell one process.

    Attributes:
        label: the call at which it was struck, the last one where there were several.
        began: when it was started, seconds since the epoch.
        at: when it was struck.
    """

    label: str
    began: float
    at: float


class Ladder:
    """Kills at every call in the share of one seed.

    Args:
        world: the project, and where its ledger is.
        seed: which share of the calls, and whether each is let through first.
        of: into how many shares the calls are divided.
        where: which calls there are; those of `counts` are all.

    Attributes:
        began: when the process was started that was started last, seconds since the epoch.
        struck: names of the calls at which somebody was struck.
    """

    def __init__(
        self, world: World, *, seed: int, of: int, where: Callable[[Call], bool] = lambda _: True
    ) -> None:
        self._world = world
        self._where = where
        self.began = 0.0
        self._seed, self._of = seed, of
        self.random = random.Random(seed)
        self.struck: set[str] = set()

    def climb(self, command: Command) -> Iterator[Strike]:
        """Each strike, before the next process is started; ends when a process came through.

        Raises:
            AssertionError: a process that was not struck did not end well.
        """
        while strike := self._climbed(command()):
            yield strike

    def _climbed(self, command: list[str]) -> Strike | None:
        step, self.began = self._step(), time.time()
        with self.watched(command) as watched:
            if strike := self.strike(watched, step):
                return strike
            done = watched.ended()
        assert done.returncode == 0, f"exit {done.returncode}: {done.stdout}\n{done.stderr}"
        return None

    def strike(self, watched: Watched, step: str) -> Strike | None:
        """Kill the program, before a call or a moment after it; None where there was nothing new to do."""
        for _, label in labelled(watched.calls(), step):
            if self.is_new(label):
                return Strike(label, self.began, watched.is_killed(after_s=self.after_s()))
        return None

    def watched(self, arguments: list[str]) -> Watched:
        """The installed `ona`, watched."""
        temporary = self._world.environment["TMPDIR"]
        return Watched(
            [str(ONA), *arguments],
            folder=self._world.folder,
            environment=self._world.environment,
            counts=lambda call: counts(call) and self._where(call) and not call.object.startswith(temporary),
        )

    def is_new(self, label: str) -> bool:
        """Whether a call is of the share, and was not struck at before; from now on it was."""
        mine = random.Random(label).randrange(self._of) == self._seed % self._of
        if not mine or label in self.struck:
            return False
        assert len(self.struck) < _LIMIT, f"{_LIMIT} strikes, and nothing came through"
        self.struck.add(label)
        _log.info("%s", label)
        return True

    def after_s(self) -> float | None:
        """Before the call, or so long after it, seconds; by the seed."""
        return self.random.random() * _AFTER_S if self.random.random() < 0.5 else None

    def _step(self) -> str:
        events = [event for event in self._world.events() if isinstance(event.fact, _STEPS)]
        return f"{len(events)} {_kind(events[-1])}" if events else "nothing"


def counts(call: Call) -> bool:
    """Whether a call is of the release: to a peer, or to a file that stays.

    Left out: what is under the world's own TMPDIR or in shared memory and dies with the process, the name
    service cache, and SQLite's index of its log (``-shm``), which is made anew whenever the log is opened.
    """
    if call.is_socket:
        return "nscd" not in call.object
    stays = call.object.startswith("/") and not call.object.startswith("/dev/shm/")
    return stays and call.name not in {"write", "writev"} and not call.object.endswith("-shm")


def labelled(calls: Iterator[Call], step: str) -> Iterator[tuple[Call, str]]:
    """Each call with a name: the step, the call, and the how manieth of its kind.

    Some have one name together: what a process reads before it writes its first fact, at every step; calls
    that only read; those that open or end a connection; the beats of the thread beside; the pages of a file
    that are written one after the other; and what the cluster is asked again and again once everything was
    applied.
    """
    seen: Counter[str] = Counter()
    has_begun = False
    last = ""
    for call in calls:
        has_begun = has_begun or call.label.endswith("-wal") or "pg_advisory" in call.label
        name = f"{'beat: ' if call.is_beat else ''}{call.label}"
        if not (name == last and call.name == "pwrite64"):
            seen[name] = min(seen[name] + 1, _MANY)
        last = name
        number = "" if call.is_beat or _only_reads(call) else f" #{seen[name]}"
        yield call, f"{step if has_begun else 'reading'}: {name}{number}"


def _only_reads(call: Call) -> bool:
    asks_a_model = call.object.startswith("127.0.0.1:") and len(call.object.rpartition(":")[2]) == 5
    return asks_a_model or call.words.startswith(("GET ", "HEAD ", "SELECT", "WITH", "SHOW", OPENS, LEAVES))


def _kind(event: Event) -> str:
    stage = getattr(event.fact, "name", "")
    return f"{type(event.fact).__name__} {stage}".rstrip()
