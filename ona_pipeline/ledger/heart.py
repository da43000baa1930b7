"""Counts a lease's beat up while its holder lives."""

import contextlib
import threading
from typing import TYPE_CHECKING

import msgspec

from ona_pipeline.errors import BackendError
from ona_pipeline.ledger.lease import Lease, LeaseLostError

if TYPE_CHECKING:
    from ona_pipeline.ledger.interface import Ledger

BEAT_S = 0.5


class Heart:
    """A thread that beats until it is stopped, or the lease is another's.

    A beat that does not reach the ledger is left out: whoever watches takes the lease over, and the next
    write by this process is refused.

    Args:
        ledger: where the lease stands.
        lease: whose beat is counted.
    """

    def __init__(self, ledger: "Ledger", lease: Lease) -> None:
        self._ledger = ledger
        self._lease = lease
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"lease on {lease.subject}", daemon=True)

    def start(self) -> None:
        """Beat from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Beat no more."""
        self._stopped.set()
        self._thread.join(BEAT_S)

    def _run(self) -> None:
        lease = self._lease
        while not self._stopped.wait(BEAT_S):
            lease = msgspec.structs.replace(lease, beat=lease.beat + 1)
            try:
                with contextlib.suppress(BackendError), self._ledger.writing(lease) as writing:
                    writing.lend(lease)
            except LeaseLostError:
                return
