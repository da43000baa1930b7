"""Whether a ledger, or a copy of it, is what was written and may have been written, for an auditor.

The ledger looks at its chain and evidence; here it is brought together with who judges the history.
"""

from pathlib import Path

import msgspec

from ona_pipeline.approve.judge import Decisions
from ona_pipeline.ledger.audit import Audit, Judge, audit
from ona_pipeline.ledger.chain import Head
from ona_pipeline.ledger.export import Exported
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.ledger.replayed import Replay
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding, Severity


class Audited(msgspec.Struct, frozen=True, kw_only=True):
    """What an auditor is told.

    Attributes:
        subject: the ledger, or the file.
        ledger: digest of the first event, which this ledger is known by; of nothing, where it is empty.
        head: the end of the chain.
        evidence: how many pieces of evidence there are.
        findings: what is wrong; notes only tell.
    """

    subject: str
    ledger: Digest
    head: Head
    evidence: int
    findings: tuple[Finding, ...]

    @property
    def events(self) -> int:
        """How many events there are, where none is missing."""
        return self.head.sequence

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """The findings that say no."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.REFUSAL)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.refusals


def of_ledger(ledger: Ledger) -> Audited:
    """Look at a ledger.

    Raises:
        BackendError: it cannot be read.
    """
    return _told(ledger.subject, ledger.verify(judges=_judges()))


def of_file(path: Path) -> Audited:
    """Look at an export.

    Raises:
        UsageError: there is no such file, or it is not an export.
        BackendError: a newer version of ona wrote it.
    """
    exported = Exported(path)
    found = audit(exported.seals(), exported.contents(), judges=_judges())
    return _told(str(path), found, *exported.findings)


def _judges() -> tuple[Judge, ...]:
    replay = Replay()
    return (replay, Decisions(replay))


def _told(subject: str, found: Audit, *beside: Finding) -> Audited:
    return Audited(
        subject=subject,
        ledger=found.genesis,
        head=found.head,
        evidence=found.evidence,
        findings=(*beside, *found.findings),
    )
