"""What may be written about a release."""

import msgspec

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.snapshot import Origins


class ReleaseRequested(msgspec.Struct, frozen=True, tag_field="fact", tag="release-requested"):
    """Somebody asked for a model version to be released.

    Attributes:
        model: the model's name.
        origins: which version.
        trusted: commit at which the policy was read.
        upto: the last environment that it is to be promoted to; empty for none.
        note: the requester's words, shown to the approver.
    """

    model: str
    origins: Origins
    trusted: str
    upto: str
    note: str = ""


class StageStarted(msgspec.Struct, frozen=True, tag_field="fact", tag="stage-started"):
    """Written before a stage has its first outside effect."""

    name: str


class StagePassed(msgspec.Struct, frozen=True, tag_field="fact", tag="stage-passed", omit_defaults=True):
    """The gate looked, and lets the release go on.

    Attributes:
        name: of the stage.
        evidence: digest of what was found.
        verdict: passed or inconclusive.
        waivers: digests of the waivers without which the gate would have refused.
    """

    name: str
    evidence: Digest
    verdict: Verdict
    waivers: tuple[Digest, ...] = ()


class StageRefused(msgspec.Struct, frozen=True, tag_field="fact", tag="stage-refused"):
    """The gate looked, and says no."""

    name: str
    evidence: Digest


class StageErrored(msgspec.Struct, frozen=True, tag_field="fact", tag="stage-errored"):
    """Something outside failed; no verdict was reached. The release can be resumed."""

    name: str
    message: str
    retryable: bool


class ReleasePublished(msgspec.Struct, frozen=True, tag_field="fact", tag="release-published"):
    """Every stage passed; the image can be promoted."""


ReleaseFact = ReleaseRequested | StageStarted | StagePassed | StageRefused | StageErrored | ReleasePublished
