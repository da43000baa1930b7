"""Notes the end of a ledger in the repository: an auditor sees later what was cut off or rewritten."""

from collections.abc import Callable
from datetime import datetime

from ona_pipeline.clients.git_checkpoints import CheckpointRef
from ona_pipeline.errors import RefusedError
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.checkpoint import NAMESPACE, Checkpoint, read_checkpoint
from ona_pipeline.records.event import Event
from ona_pipeline.records.promotion_facts import Approved, Endorsed, Rejected, Restored, RolledBack, RolledOut
from ona_pipeline.signing import Signing

DECISIVE = (Endorsed, Approved, Rejected, RolledOut, RolledBack, Restored)
"""After one of these a ledger may not be put back unseen."""


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
        last, since = self._since()
        if not since:
            return last
        return self._noted(last, since)

    def note_decisions(self) -> None:
        """Note the end of the ledger if anything was decided, or rolled out, since it was noted last.

        Raises:
            RefusedError: the ledger is not the one that was noted last.
            BackendError: the ledger, the key or the repository fails.
        """
        last, since = self._since()
        if any(isinstance(event.fact, DECISIVE) for event in since):
            self._noted(last, since)

    def _since(self) -> tuple[Checkpoint | None, list[Event]]:
        """What was noted last, and the events after it."""
        found = self._ref.newest(self._ledger.place)
        last = _readable(found) if found else None
        with self._ledger.reading() as reading:
            events = reading.since(last.sequence if last else 1)
        if last is None:
            return None, events
        if not events or events[0].digest != last.digest:
            raise RefusedError(
                f"the ledger {self._ledger.subject} is not the one that was noted: wanted event"
                f" {last.sequence} to be {last.digest}, found {events[0].digest if events else 'it gone'}",
                hint="ona ledger verify",
            )
        return last, events[1:]

    def _noted(self, last: Checkpoint | None, since: list[Event]) -> Checkpoint:
        end = since[-1]
        first = last.ledger if last else since[0].digest
        made = Checkpoint(ledger=first, sequence=end.sequence, digest=end.digest, at=end.at)
        signature = self._signing.signed(made.text, namespace=NAMESPACE, is_required=False)
        by = f"{_plain(self._actor.login)} <{_plain(self._actor.email)}>"
        self._ref.add(self._ledger.place, made.text, signature, by=by, at=self._clock())
        return made


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
