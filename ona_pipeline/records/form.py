"""The form of a model that serves: as it was committed, or a faster one that was shown to answer the same."""

from pathlib import Path

import msgspec

from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot


class Equality(msgspec.Struct, frozen=True):
    """How a faster form compares with the committed one.

    Attributes:
        is_shown: whether it answers the same; where not, the committed form serves.
        reason: why not; empty where it is shown.
        rows: kind of row (evaluation, random, threshold) to how many were asked.
        labels_differ: rows with another label.
        largest_difference: of a number; of one beyond 1, relative to it.
        tolerance: what `largest_difference` may be.
        tools: name to version of the packages in which it was made and compared.
    """

    is_shown: bool
    reason: str = ""
    rows: dict[str, int] = {}
    labels_differ: int = 0
    largest_difference: float = 0.0
    tolerance: float = 1e-5
    tools: dict[str, str] = {}

    @property
    def sentence(self) -> str:
        """For people: what was compared, and how far apart it is."""
        asked = ", ".join(f"{count:,} {kind}" for kind, count in self.rows.items())
        compared = f"{asked} rows: largest difference {self.largest_difference:.2g}" if asked else ""
        return "; ".join(part for part in (self.reason, compared) if part)


class Form(msgspec.Struct, frozen=True):
    """The files of a form, laid out.

    Attributes:
        folder: holds the files.
        manifest: their manifest, whose digest is the form's digest.
    """

    folder: Path
    manifest: Path


def form_of(snapshot: Snapshot, kept: PinnedReference | None) -> Form:
    """Where the files of a form are, or are to be laid out: beside the snapshot's, and gone with them.

    Args:
        snapshot: of the model.
        kept: where the image registry has the form; None where it is as it was committed.
    """
    if kept is None:
        return Form(snapshot.model, snapshot.manifest)
    folder = snapshot.folder / "forms" / kept.digest.hex
    return Form(folder / "model", folder / "model.manifest.json")
