"""Whether a ledger, or a copy of it, is what was written and may have been written, for an auditor.

The ledger looks at its chain and evidence; here it is brought together with who judges the history.
"""

from pathlib import Path

import msgspec

from ona_pipeline.approve.judge import Decisions
from ona_pipeline.approve.judge_waivers import Waivings
from ona_pipeline.approve.kept import KeptPolicies
from ona_pipeline.clients.git_checkpoints import CheckpointRef
from ona_pipeline.ledger.audit import Audit, Judge, audit
from ona_pipeline.ledger.chain import NOTHING, Head, opened
from ona_pipeline.ledger.export import Exported
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.ledger.replayed import Replay
from ona_pipeline.noted import Compared, Notes, noted_in
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.project import Project
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding, Severity

_NOT_COMPARED = Compared((), ())


class Audited(msgspec.Struct, frozen=True, kw_only=True):
    """What an auditor is told.

    Attributes:
        subject: the ledger, or the file.
        ledger: digest of the first event, which this ledger is known by; of nothing, where it is empty.
        head: the end of the chain.
        evidence: how many pieces of evidence there are.
        checkpoints: how many it was compared with.
        signed_by: whose key the newest signed checkpoint is signed with; empty where none is.
        findings: what is wrong; notes only tell.
    """

    subject: str
    ledger: Digest
    head: Head
    evidence: int
    checkpoints: int
    signed_by: str
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


def notes(project: Project | None, checkpoint: Path | None = None) -> Notes:
    """What was noted earlier of whatever ledger.

    Args:
        project: the repository that holds checkpoints and the policy; None where there is none.
        checkpoint: a file with one, which the auditor says is of this ledger.

    Raises:
        UsageError: the file cannot be read.
        BackendError: git cannot read the repository.
    """
    known = CheckpointRef(project.folder).all() if project else []
    named = [noted_in(checkpoint)] if checkpoint else []
    return Notes([*known, *named], lambda: _policy(project))


def _policy(project: Project | None) -> EnvironmentPolicy:
    """Any environment's: who has which key is the same in each."""
    environments = project.policy()[1].environments if project else {}
    return next(iter(environments.values()), EnvironmentPolicy())


def of_ledger(ledger: Ledger, *, notes: Notes | None = None) -> Audited:
    """Look at a ledger.

    Args:
        ledger: whatever state it is in.
        notes: what was noted of it earlier; None: nothing is known of any.

    Raises:
        BackendError: it cannot be read.
    """
    with ledger.reading() as reading:
        first = next(iter(reading.rows()), None)
    genesis = opened(first).digest if first else NOTHING
    compared = notes.compared(place=ledger.place, ledger=genesis) if notes else _NOT_COMPARED
    found = ledger.verify(known=compared.heads, judges=_judges())
    return _told(ledger.subject, found, compared)


def of_file(path: Path, *, notes: Notes | None = None) -> Audited:
    """Look at an export.

    Args:
        path: of the file.
        notes: what was noted of its ledger earlier; None: nothing is known of any.

    Raises:
        UsageError: there is no such file, or it is not an export.
        BackendError: a newer version of ona wrote it.
    """
    exported = Exported(path)
    first = next(exported.seals(), None)
    genesis = first.digest if first else NOTHING
    compared = notes.compared(place="", ledger=genesis) if notes else _NOT_COMPARED
    found = audit(exported.seals(), exported.contents(), known=compared.heads, judges=_judges())
    return _told(str(path), found, compared, *exported.findings)


def _judges() -> tuple[Judge, ...]:
    replay, policies = Replay(), KeptPolicies()
    return (replay, policies, Decisions(replay, policies), Waivings(replay, policies))


def _told(subject: str, found: Audit, compared: Compared, *beside: Finding) -> Audited:
    return Audited(
        subject=subject,
        ledger=found.genesis,
        head=found.head,
        evidence=found.evidence,
        checkpoints=len(compared.heads),
        signed_by=compared.signed_by,
        findings=(*beside, *found.findings, *compared.findings),
    )
