"""Notes the end of a ledger in the repository: an auditor sees later what was cut off or rewritten."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from ona_pipeline.clients.git_checkpoints import CheckpointRef
from ona_pipeline.errors import RefusedError
from ona_pipeline.ledger.chain import NOTHING, opened
from ona_pipeline.ledger.interface import Ledger, Reading
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.checkpoint import NAMESPACE, Checkpoint, read_checkpoint
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.event import Event
from ona_pipeline.records.promotion_facts import Approved, Endorsed, Rejected, Restored, RolledBack, RolledOut
from ona_pipeline.signing import Signing

DECISIVE = (Endorsed, Approved, Rejected, RolledOut, RolledBack, Restored)
"""After one of these a ledger may not be put back unseen."""


class _Since(NamedTuple):
    """What was noted last, and what came after it.

    Attributes:
        last: None where nothing was noted yet.
        ledger: digest of the first event.
        end: the last event; None where that is noted already.
        is_decisive: whether anything was decided, or rolled out.
    """

    last: Checkpoint | None
    ledger: Digest
    end: Event | None
    is_decisive: bool


class Checkpoints:
    """The pen for checkpoints of one ledger.

    Args:
        ref: where they are kept.
        ledger: whose end is noted.
        signing: what they are signed with, if anything.
        clock: the time now, aware UTC.
        actor: who notes them.
    """

    def __init__(
        self,
        ref: CheckpointRef,
        *,
        ledger: Ledger,
        signing: Signing,
        clock: Callable[[], datetime],
        actor: Actor,
    ) -> None:
        self._ref = ref
        self._ledger = ledger
        self._signing = signing
        self._clock = clock
        self._actor = actor

    def note(self) -> Checkpoint | None:
        """Note the end of the ledger, unless it is noted already; None where the ledger is empty.

        Raises:
            RefusedError: the ledger is not the one that was noted last.
            BackendError: the ledger, the key or the repository fails.
        """
        since = self._since()
        return self._noted(since.ledger, since.end) if since.end else since.last

    def note_decisions(self) -> None:
        """Note the end of the ledger if anything was decided, or rolled out, since it was noted last.

        Raises:
            RefusedError: the ledger is not the one that was noted last.
            BackendError: the ledger, the key or the repository fails.
        """
        since = self._since()
        if since.is_decisive and since.end:
            self._noted(since.ledger, since.end)

    def _since(self) -> _Since:
        found = self._ref.newest(self._ledger.place)
        with self._ledger.reading() as reading:
            if found is None:
                return _from_the_beginning(reading)
            last = _readable(found)
            events = reading.since(last.sequence)
        if not events or events[0].digest != last.digest:
            raise RefusedError(
                f"the ledger {self._ledger.subject} is not the one that was noted: wanted event"
                f" {last.sequence} to be {last.digest}, found {events[0].digest if events else 'it gone'}",
                hint="ona ledger verify",
            )
        is_decisive = any(isinstance(event.fact, DECISIVE) for event in events[1:])
        return _Since(last, last.ledger, events[-1] if events[1:] else None, is_decisive)

    def _noted(self, ledger: Digest, end: Event) -> Checkpoint:
        made = Checkpoint(ledger=ledger, sequence=end.sequence, digest=end.digest, at=end.at)
        signature = self._signing.signed(made.text, namespace=NAMESPACE, is_required=False)
        by = f"{_plain(self._actor.login)} <{_plain(self._actor.email)}>"
        self._ref.add(self._ledger.place, made.text, signature, by=by, at=self._clock())
        return made


def _from_the_beginning(reading: Reading) -> _Since:
    """Of a ledger that was never noted; it may be long, and is not read for that."""
    first, end = next(iter(reading.rows()), None), reading.latest()
    is_decisive = any(reading.subjects(kind) for kind in DECISIVE)
    return _Since(None, opened(first).digest if first else NOTHING, end, is_decisive)


def _readable(content: bytes) -> Checkpoint:
    try:
        return read_checkpoint(content)
    except ValueError as error:
        raise RefusedError(
            f"the checkpoint that was noted last: {error}", hint="ona ledger verify"
        ) from error


def _plain(text: str) -> str:
    """Without what git's form of a name cannot hold."""
    return "".join(c for c in text if c.isprintable() and c not in "<>")
