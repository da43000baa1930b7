"""What was noted of a ledger earlier and elsewhere: which of it counts, and which of it can be believed."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from ona_pipeline.approve.signed import signer
from ona_pipeline.clients.git_checkpoints import Noted
from ona_pipeline.clients.ssh_refusals import SignatureError
from ona_pipeline.errors import UsageError
from ona_pipeline.ledger.chain import Head
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.records.checkpoint import NAMESPACE, Checkpoint, read_checkpoint
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding, Severity


class Compared(msgspec.Struct, frozen=True):
    """What an audit takes from checkpoints.

    Attributes:
        heads: ends that the chain has to have.
        findings: what is wrong with the checkpoints themselves.
        signed_by: whose key the newest signed one is signed with; empty where none is, or nobody's.
    """

    heads: tuple[Head, ...]
    findings: tuple[Finding, ...]
    signed_by: str = ""


class Notes(msgspec.Struct, frozen=True):
    """Checkpoints, of whatever ledger.

    Attributes:
        all: oldest first; without a place: the auditor says that it is of this ledger.
        policy: says whose a key is; asked only where something is signed.
    """

    all: Sequence[Noted]
    policy: Callable[[], EnvironmentPolicy]

    def compared(self, *, place: str, ledger: Digest) -> Compared:
        """Those that are about one ledger: by its place, its first event, or the auditor's word.

        Args:
            place: where it is kept; empty for a file.
            ledger: digest of its first event.
        """
        findings: list[Finding] = []
        mine: list[tuple[Noted, Checkpoint]] = []
        for noted in self.all:
            try:
                found = read_checkpoint(noted.content)
            except ValueError as error:
                findings.append(Finding("checkpoint-unreadable", noted.where, f"{error}"))
                continue
            if noted.place in {"", place} or found.ledger == ledger:
                mine.append((noted, found))
                if found.ledger != ledger:
                    sentence = f"wanted a ledger that begins with {found.ledger}, found {ledger}"
                    findings.append(Finding("ledger-rewritten", noted.where, sentence))
        heads = tuple(Head(found.sequence, found.digest, found.at) for _, found in mine)
        signed_by, about = self._signatures(mine)
        return Compared(heads, (*findings, *about), signed_by)

    def _signatures(self, mine: list[tuple[Noted, Checkpoint]]) -> tuple[str, tuple[Finding, ...]]:
        """The newest signed one says all that those before it say."""
        if not mine:
            sentence = "no checkpoint of it is known: a cut tail, or a ledger written anew, could not be seen"
            return "", (Finding("not-noted", "the ledger", sentence, severity=Severity.NOTE),)
        signed = [(noted, found) for noted, found in mine if noted.signature]
        if not signed:
            sentence = "no checkpoint of it is signed: whoever writes to the repository can make them anew"
            return "", (Finding("not-signed", "the ledger", sentence, severity=Severity.NOTE),)
        noted, found = signed[-1]
        try:
            return self._signer(noted, found), ()
        except SignatureError as error:
            return "", (Finding(error.code, noted.where, error.message),)

    def _signer(self, noted: Noted, found: Checkpoint) -> str:
        return signer(noted.content, noted.signature, namespace=NAMESPACE, policy=self.policy(), at=found.at)


def noted_in(path: Path) -> Noted:
    """A checkpoint in a file, with its signature in the file of the same name and ``.sig``, if there is one.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        content = path.read_bytes()
        beside = path.with_name(f"{path.name}.sig")
        signature = beside.read_bytes().decode(errors="replace") if beside.is_file() else ""
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", hint="ona ledger checkpoint > FILE writes one"
        ) from error
    return Noted(where=str(path), place="", content=content, signature=signature)
