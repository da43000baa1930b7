"""What reading finds where nothing was ever written."""

from collections.abc import Sequence
from datetime import datetime

from ona_pipeline.ledger.chain import Row
from ona_pipeline.ledger.interface import EvidenceError
from ona_pipeline.ledger.lease import Lease
from ona_pipeline.ledger.search import Subject
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.event import Event


class EmptyReading:
    """No events, no evidence; so that asking for the status of a new project makes no file."""

    def __init__(self, subject: str) -> None:
        self._subject = subject

    def events(self, *, subject: str = "", model: str = "") -> list[Event]:
        """None at all, whatever is asked for."""
        del subject, model
        return []

    def since(self, sequence: int) -> list[Event]:
        """None at all."""
        del sequence
        return []

    def latest(self) -> None:
        """None at all."""

    def subjects(
        self, fact: type, *, unless: Sequence[type] = (), model: str = "", beginning: str = ""
    ) -> list[Subject]:
        """None at all."""
        del fact, unless, model, beginning
        return []

    def lasting(
        self, begins: Sequence[type], ends: Sequence[type], *, model: str = "", at: datetime | None = None
    ) -> list[Subject]:
        """None at all."""
        del begins, ends, model, at
        return []

    def evidence(self, digest: Digest) -> bytes:
        """There is none.

        Raises:
            EvidenceError: always.
        """
        raise no_evidence(self._subject, digest)

    def leases(self) -> list[Lease]:
        """Nobody is at work."""
        return []

    def cursor(self, name: str) -> int:
        """Nothing was seen."""
        del name
        return 0

    def lease(self, subject: str) -> Lease | None:
        """Nobody is at work on it."""
        del subject
        return None

    def rows(self) -> tuple[Row, ...]:
        """None at all."""
        return ()

    def contents(self) -> tuple[tuple[str, bytes], ...]:
        """None at all."""
        return ()


def no_evidence(subject: str, digest: Digest) -> EvidenceError:
    """The error for evidence that the ledger does not hold."""
    return EvidenceError(
        f"the ledger {subject} holds no evidence {digest}",
        hint="it may be an old copy, or another project's: look where the setting ledger points",
    )
