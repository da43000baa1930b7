"""What a loaded model says of itself and the server of its structure: read back from the sandbox, as data."""

from pathlib import Path

import msgspec

from ona_pipeline.records.finding import Finding, Severity
from ona_pipeline.sandbox.left import read_json

_MOST_BYTES = 2**20
_HINTS = {
    "version-mismatch": "lock that version in requirements.lock, or fit the model with the locked one",
    "tree-threshold-infinite": "a tree that was fitted on missing values has it; else fit the model anew",
    "wrong-n-features": "save the model with the signature of the data that it was fitted on",
}
_HINT = "fit the model anew: this is not what a fit leaves"


class Unsound(msgspec.Struct, frozen=True):
    """A reason not to ask the model anything, or to ask a person; `serving.soundness` has the rules."""

    code: str
    subject: str
    sentence: str
    is_doubt: bool = False

    @property
    def finding(self) -> Finding:
        """The same as a finding of `prepare`."""
        severity = Severity.DOUBT if self.is_doubt else Severity.REFUSAL
        hint = _HINTS.get(self.code, _HINT)
        return Finding(self.code[:80], self.subject[:200], self.sentence[:400], severity, hint)


class Description(msgspec.Struct, frozen=True):
    """What was loaded.

    Attributes:
        estimator: ``module.Class``.
        versions: name to version of the packages it runs on.
        unsound: what of its structure is not as a fit leaves it.
    """

    estimator: str
    versions: dict[str, str]
    unsound: tuple[Unsound, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with it, or doubtful."""
        return tuple(one.finding for one in self.unsound)


def read_description(path: Path) -> Description:
    """The description in a file that a sandbox left.

    Raises:
        OSError: it is not there.
        ValueError: it is no plain file, or larger than any.
        msgspec.MsgspecError: it is none.
    """
    return read_json(path, _MOST_BYTES, Description)
