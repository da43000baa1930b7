"""A lease is had by one process at a time, is left to a living one, and taken over from one that is gone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import pytest

from ona_pipeline.ledger.heart import BEAT_S
from ona_pipeline.ledger.lease import BusyError, Lease, LeaseLostError
from ona_pipeline.ledger.leases import LOOK_S, LOOKS, Leases, Work, works
from ona_pipeline.ledger.process import this_process
from ona_pipeline.records.release_facts import ReleaseRequested
from ona_pipeline.records.snapshot import Origins
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger, FakeReading, FakeWriting
from tests.fakes.releases import RELEASER, lend

STANDING = Lease("digits-1", "1f" * 16, "releaser on another, process 4711")
REQUESTED = ReleaseRequested("digits", Origins("git", "HEAD", "c0ffee"), "c0ffee", "production")


@pytest.fixture
def ledger() -> FakeLedger:
    return FakeLedger(clock=FakeClock())


def standing(ledger: FakeLedger) -> Lease | None:
    with ledger.reading() as reading:
        return reading.lease("digits-1")


class Sleep:
    """Counts looks, and lets something happen before one of them."""

    def __init__(self, before: dict[int, Callable[[], None]] | None = None) -> None:
        self.looks = 0
        self.before = before or {}

    def __call__(self, seconds: float) -> None:
        self.looks += 1
        self.before.get(self.looks, lambda: None)()


def leases(ledger: FakeLedger, sleep: Callable[[float], None] = lambda _: None) -> Leases:
    return Leases(ledger, holder="this process", sleep=sleep)


def test_a_free_lease_is_had_at_once_and_given_back(ledger: FakeLedger) -> None:
    sleep = Sleep()
    with leases(ledger, sleep).taken("digits-1") as lease:
        assert standing(ledger) == lease
    assert standing(ledger) is None
    assert sleep.looks == 0


@pytest.mark.parametrize("ending", [KeyboardInterrupt, ZeroDivisionError])
def test_a_lease_is_given_back_however_the_work_ends(ledger: FakeLedger, ending: type[BaseException]) -> None:
    with pytest.raises(ending), leases(ledger).taken("digits-1"):
        raise ending
    assert standing(ledger) is None


def test_one_that_this_process_has_is_the_same_one(ledger: FakeLedger) -> None:
    own = leases(ledger)
    with own.taken("digits-1") as outer:
        with own.taken("digits-1") as inner:
            assert inner == outer
        assert standing(ledger) == outer


def test_a_beating_holder_is_left_alone_and_named(ledger: FakeLedger) -> None:
    lend(ledger, STANDING)
    sleep = Sleep({3: lambda: lend(ledger, msgspec.structs.replace(STANDING, beat=1))})
    with (
        pytest.raises(BusyError, match="digits-1: releaser on another, process 4711 is at work on it"),
        leases(ledger, sleep).taken("digits-1"),
    ):
        pass
    assert sleep.looks == 3


def test_a_silent_holder_is_taken_over_after_so_many_looks(ledger: FakeLedger) -> None:
    lend(ledger, STANDING)
    sleep = Sleep()
    with leases(ledger, sleep).taken("digits-1") as lease:
        assert standing(ledger) == lease
    assert sleep.looks == LOOKS


def test_a_gone_holder_is_known_in_three_seconds_and_a_living_one_has_six_beats_to_show_it() -> None:
    assert pytest.approx(3.0) == LOOKS * LOOK_S
    assert pytest.approx(6 * BEAT_S) == LOOKS * LOOK_S


def test_a_holder_that_beats_after_the_last_look_keeps_its_lease(ledger: FakeLedger) -> None:
    beaten = msgspec.structs.replace(STANDING, beat=7)
    lend(ledger, STANDING)

    class Late(FakeLedger):
        """The holder beats between the last look and the attempt to take over."""

        def __init__(self) -> None:
            self.asked = 0

        @contextmanager
        def reading(self) -> Iterator[FakeReading]:
            with ledger.reading() as reading:
                yield reading

        @contextmanager
        def writing(self, lease: Lease | None = None) -> Iterator[FakeWriting]:
            self.asked += 1
            if self.asked == 2:
                lend(ledger, beaten)
            with ledger.writing(lease) as writing:
                yield writing

    with pytest.raises(BusyError), leases(Late()).taken("digits-1"):
        pass
    assert standing(ledger) == beaten


def test_one_that_is_given_back_while_watched_is_had(ledger: FakeLedger) -> None:
    lend(ledger, STANDING)

    def give_back() -> None:
        with ledger.writing() as writing:
            writing.take_back(STANDING)

    sleep = Sleep({2: give_back})
    with leases(ledger, sleep).taken("digits-1") as lease:
        assert standing(ledger) == lease
    assert sleep.looks == 2


def test_whoever_was_overtaken_can_write_nothing_and_gives_nothing_back(ledger: FakeLedger) -> None:
    slow = leases(ledger)
    with slow.taken("digits-1") as lease:
        lend(ledger, STANDING)
        with pytest.raises(LeaseLostError, match="releaser on another, process 4711 is at work on it now"):
            slow.must_hold(lease)
        with pytest.raises(LeaseLostError), ledger.writing(lease) as writing:
            writing.append(REQUESTED, model="digits", subject="digits-1", actor=RELEASER)
    assert standing(ledger) == STANDING
    with ledger.reading() as reading:
        assert reading.events() == []


def test_one_that_is_sought_does_not_stop_the_work(ledger: FakeLedger) -> None:
    lend(ledger, STANDING)
    sleep = Sleep({1: lambda: lend(ledger, msgspec.structs.replace(STANDING, beat=1))})
    done = False
    with leases(ledger, sleep).sought("digits-1"):
        done = True
    assert done
    assert standing(ledger) is not None


def test_one_that_is_seized_is_waited_for_only_where_somebody_had_it(ledger: FakeLedger) -> None:
    sleep = Sleep()
    with leases(ledger, sleep).seized("digits-1"):
        assert sleep.looks == 0
    lend(ledger, STANDING)
    with leases(ledger, sleep).seized("digits-1") as lease:
        assert standing(ledger) == lease
        assert sleep.looks == 1


def test_tells_the_living_from_the_gone(ledger: FakeLedger) -> None:
    other = Lease("wine-1", "2e" * 16, "approver on third, process 12")
    done = Lease("wine-2", "3d" * 16, "approver on third, process 13")

    def later() -> None:
        lend(ledger, msgspec.structs.replace(STANDING, beat=1))
        with ledger.writing() as writing:
            writing.take_back(done)

    for lease in (STANDING, other, done):
        lend(ledger, lease)
    assert works(ledger, sleep=Sleep({2: later})) == (
        Work("digits-1", STANDING.holder, living=True),
        Work("wine-1", other.holder, living=False),
    )


def test_where_nobody_works_nobody_is_watched(ledger: FakeLedger) -> None:
    sleep = Sleep()
    assert works(ledger, sleep=sleep) == ()
    assert sleep.looks == 0


def test_a_holder_that_the_kernel_knows_to_have_ended_is_followed_at_once(ledger: FakeLedger) -> None:
    machine, _, start = this_process().rpartition(" ")
    ended = msgspec.structs.replace(STANDING, process=f"{machine} {int(start) - 1}")
    lend(ledger, ended)
    sleep = Sleep()
    assert works(ledger, sleep=sleep) == (Work("digits-1", STANDING.holder, living=False),)
    with leases(ledger, sleep).taken("digits-1"):
        pass
    lend(ledger, ended)
    with leases(ledger, sleep).seized("digits-1"):
        pass
    assert sleep.looks == 0
