"""Takes leases, keeps them alive, and tells a living holder from one that is gone; without any clock.

A holder counts its beat up every `BEAT_S`. Whoever wants the lease looks `LOOKS` times: if the beat moved,
the holder lives and is left alone; if it did not, the lease is put in place of the old one, provided that
it still stands as it was seen. Looks are counted, and no time is compared: a wrong clock changes nothing,
and a watcher that was paused itself concludes nothing from the pause. Where the kernel knows that the holder
has ended, nobody needs to look.
"""

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from ona_pipeline.errors import BackendError
from ona_pipeline.ledger.heart import BEAT_S, Heart
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.ledger.lease import BusyError, Lease, must_stand
from ona_pipeline.ledger.process import is_gone

LOOKS = 10
LOOK_S = 0.3
"""Together six beats long: a holder may miss five."""


class Leases:
    """The leases of one process; taking one that it has already gives the same.

    Args:
        ledger: where they stand.
        holder: this process, for people.
        process: this process, for the machine; empty where that cannot tell.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        holder: str,
        process: str = "",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._ledger = ledger
        self._holder = holder
        self._process = process
        self._sleep = sleep
        self._held: dict[str, Lease] = {}

    @contextmanager
    def taken(self, subject: str) -> Iterator[Lease]:
        """The lease on `subject` for as long as the block lasts; given back however it ends.

        Raises:
            BusyError: a living process has it.
        """
        if subject in self._held:
            yield self._held[subject]
            return
        with self._kept(self._take(subject)) as lease:
            yield lease

    @contextmanager
    def sought(self, subject: str) -> Iterator[None]:
        """The same where it can be had, so that nobody else goes on meanwhile; the block runs either way."""
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(BusyError):
                stack.enter_context(self.taken(subject))
            yield

    @contextmanager
    def seized(self, subject: str) -> Iterator[Lease]:
        """The lease, out of a living holder's hands if need be, who can write and change nothing more."""
        mine = self._new(subject)
        with self._ledger.writing() as writing:
            standing = writing.lease(subject)
            writing.lend(mine)
        with self._kept(mine):
            if standing and not is_gone(standing.process):
                self._sleep(2 * BEAT_S)
            yield mine

    def must_hold(self, lease: Lease) -> None:
        """Pass only while `lease` stands: asked before what no transaction can take back.

        Raises:
            LeaseLostError: somebody else has gone on.
        """
        with self._ledger.reading() as reading:
            must_stand(lease, reading.lease(lease.subject))

    @contextmanager
    def _kept(self, lease: Lease) -> Iterator[Lease]:
        heart = Heart(self._ledger, lease)
        heart.start()
        self._held[lease.subject] = lease
        try:
            yield lease
        finally:
            del self._held[lease.subject]
            heart.stop()
            # One that cannot be given back falls silent, and is taken over.
            with contextlib.suppress(BackendError), self._ledger.writing() as writing:
                writing.take_back(lease)

    def _take(self, subject: str) -> Lease:
        mine = self._new(subject)
        standing = self._placed(mine, over=None)
        if standing is None:
            return mine
        self._must_be_silent(standing)
        if other := self._placed(mine, over=standing):
            raise BusyError(other)
        return mine

    def _new(self, subject: str) -> Lease:
        return Lease(subject, secrets.token_hex(16), self._holder, process=self._process)

    def _placed(self, mine: Lease, *, over: Lease | None) -> Lease | None:
        """Put `mine` in place of `over`; what stands there instead, where it is something else."""
        with self._ledger.writing() as writing:
            found = writing.lease(mine.subject)
            if found is None or found == over:
                writing.lend(mine)
                return None
        return found

    def _must_be_silent(self, standing: Lease) -> None:
        if is_gone(standing.process):
            return
        for _ in range(LOOKS):
            self._sleep(LOOK_S)
            with self._ledger.reading() as reading:
                found = reading.lease(standing.subject)
            if found is None:
                return
            if found != standing:
                raise BusyError(found)


class Work(msgspec.Struct, frozen=True):
    """What a process is, or was, at work on.

    Attributes:
        subject: id of a release, or ``model@environment``.
        holder: which process, for people.
        living: whether it is there still; a dead one's work is abandoned, and `ona resume` goes on.
    """

    subject: str
    holder: str
    living: bool


def works(ledger: Ledger, *, sleep: Callable[[float], None] = time.sleep) -> tuple[Work, ...]:
    """Every lease, and whether its holder lives; ends as soon as all of them were seen to beat."""
    with ledger.reading() as reading:
        first = {lease.subject: lease for lease in reading.leases()}
    ended = {subject for subject, lease in first.items() if is_gone(lease.process)}
    silent, gone = dict(first), set[str]()
    for _ in range(LOOKS):
        if silent.keys() <= ended:
            break
        sleep(LOOK_S)
        with ledger.reading() as reading:
            now = {lease.subject: lease for lease in reading.leases()}
        gone |= silent.keys() - now.keys()
        silent = {subject: lease for subject, lease in silent.items() if now.get(subject) == lease}
    return tuple(
        Work(lease.subject, lease.holder, lease.subject not in silent)
        for lease in first.values()
        if lease.subject not in gone
    )
