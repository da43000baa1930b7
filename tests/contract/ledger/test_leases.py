"""Leases between real processes, on each database; whatever their wall clocks say."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from ona_pipeline.ledger.lease import BusyError, Lease, LeaseLostError
from ona_pipeline.ledger.leases import Leases, Work, works
from ona_pipeline.ledger.sql import SqlLedger
from ona_pipeline.records.release_facts import ReleaseRequested, StageStarted
from ona_pipeline.records.snapshot import Origins
from tests.fakes.releases import RELEASER

REQUESTED = ReleaseRequested("digits", Origins("git", "HEAD", "c0ffee"), "c0ffee", "production")
Open = Callable[[], SqlLedger]


class Worker:
    """A process that holds the lease on ``digits-1``."""

    def __init__(self, url: str, *, days: int = 0) -> None:
        command = [sys.executable, "-m", "tests.contract.ledger.workers", url, "digits-1", str(days)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ
        )

    def says(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def writes(self, stage: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{stage}\n")
        self.process.stdin.flush()

    def ends(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()


@pytest.fixture
def start(url: str, real: Open) -> Iterator[Callable[..., Worker]]:
    """Starts workers on a ledger that has the release already."""
    with real().writing() as writing:
        writing.append(REQUESTED, model="digits", subject="digits-1", actor=RELEASER)
    started: list[Worker] = []

    def start(*, days: int = 0) -> Worker:
        started.append(Worker(url, days=days))
        return started[-1]

    yield start
    for worker in started:
        worker.process.kill()
        worker.process.wait(10)
        for stream in (worker.process.stdin, worker.process.stdout):
            if stream:
                stream.close()


def stages(real: Open) -> list[str]:
    with real().reading() as reading:
        events = reading.events(subject="digits-1")
    return [event.fact.name for event in events if isinstance(event.fact, StageStarted)]


def test_a_living_process_is_left_alone_and_named(start: Callable[..., Worker], real: Open) -> None:
    worker = start()
    assert worker.says() == "at work"
    with pytest.raises(BusyError, match="worker 0 is at work"), Leases(real(), holder="b").taken("digits-1"):
        pass
    assert works(real()) == (Work("digits-1", "worker 0", living=True),)
    worker.writes("verify")
    assert worker.says() == "written"
    worker.ends()
    assert worker.says() == "done"
    assert works(real()) == ()


@pytest.mark.parametrize(("first", "second"), [(-365, 365), (365, -365)])
def test_a_killed_process_is_followed_whatever_the_clocks_say(
    start: Callable[..., Worker], real: Open, first: int, second: int
) -> None:
    worker = start(days=first)
    assert worker.says() == "at work"
    worker.process.kill()
    follower = start(days=second)
    follower.writes("verify")
    assert [follower.says(), follower.says()] == ["at work", "written"]
    assert stages(real) == ["verify"]


def test_a_paused_process_that_was_overtaken_writes_nothing_more(
    start: Callable[..., Worker], real: Open
) -> None:
    paused = start(days=365)
    assert paused.says() == "at work"
    os.kill(paused.process.pid, signal.SIGSTOP)
    follower = start(days=-365)
    assert follower.says() == "at work"
    os.kill(paused.process.pid, signal.SIGCONT)
    paused.writes("prepare")
    assert paused.says().startswith("LeaseLostError: digits-1 was taken over while this process was silent")
    follower.writes("verify")
    assert follower.says() == "written"
    assert stages(real) == ["verify"]
    assert [work.holder for work in works(real())] == ["worker -365"]


def test_an_interrupted_process_gives_its_lease_back_at_once(
    start: Callable[..., Worker], real: Open
) -> None:
    worker = start()
    assert worker.says() == "at work"
    worker.process.send_signal(signal.SIGINT)
    worker.process.wait(10)
    with real().reading() as reading:
        assert reading.leases() == []


def test_of_two_that_wait_for_the_same_lease_one_gets_it(start: Callable[..., Worker]) -> None:
    first = start()
    assert first.says() == "at work"
    first.process.kill()
    said = sorted([(a := start()).says(), (b := start()).says()])
    assert said[1] == "at work"
    assert said[0].startswith("BusyError: digits-1: worker 0 is at work on it")
    del a, b


def test_leases_are_no_part_of_the_chain(real: Open) -> None:
    ledger = real()
    with ledger.writing() as writing:
        writing.append(REQUESTED, model="digits", subject="digits-1", actor=RELEASER)
    head = ledger.verify().head
    with Leases(ledger, holder="a").taken("digits-1") as lease:
        assert ledger.verify().head == head
        with ledger.writing(lease) as writing:
            writing.append(StageStarted("verify"), model="digits", subject="digits-1", actor=RELEASER)
    assert ledger.verify().findings == ()


def test_a_write_under_a_lease_that_never_stood_is_refused(real: Open) -> None:
    with (
        pytest.raises(LeaseLostError, match="nobody is at work on it now"),
        real().writing(Lease("digits-1", "00" * 16, "nobody")) as writing,
    ):
        writing.append(REQUESTED, model="digits", subject="digits-1", actor=RELEASER)
    with real().reading() as reading:
        assert reading.events() == []
