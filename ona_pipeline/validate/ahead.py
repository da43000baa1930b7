"""The evaluation rows, answered in the run in which `prepare` loads the model, where they are few.

A second container, Python and model load would cost two seconds. What was answered ahead counts for exactly
the question that `validate` would ask: the same image, release file and rows; otherwise it is asked anew.
"""

import hashlib
from pathlib import Path
from typing import Any

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import Signature
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.validate import answers, data, noise
from ona_pipeline.validate import rows as layout
from ona_pipeline.validate.answers import Answers

MOST_BYTES = 16 * 2**20


class Ahead:
    """Rows on their way into the run of `prepare`, and what came of them.

    Args:
        snapshot: the model version.
        folder: an existing, empty folder that lives until `validate` is done.
    """

    def __init__(self, snapshot: Snapshot, folder: Path) -> None:
        self._snapshot = snapshot
        self._rows = folder / "rows.npz"
        self._asked: Digest | None = None
        self._answered: tuple[PinnedReference, bytes, Digest] | None = None
        self.output = folder / "out"
        self.output.mkdir(exist_ok=True)

    def rows(self, signature: Signature) -> Path | None:
        """The file to ask with; None where the rows are many, elsewhere, or not fit to be asked."""
        if self._asked:
            return self._rows
        import numpy as np

        path = self._snapshot.root / self._snapshot.declaration.data.path
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            return None
        evaluation = data.load(self._snapshot)
        if isinstance(evaluation, Finding):
            return None
        laid = layout.lay_out(evaluation.features, signature)
        if isinstance(laid, Finding):
            return None
        asked = noise.beside(laid, self._snapshot.declaration.validation.noise)
        self._asked = _digest(asked)
        np.savez(self._rows, allow_pickle=False, **asked)
        return self._rows

    def done(self, image: PinnedReference, release_file: bytes) -> None:
        """They were answered: by which image, told what."""
        if self._asked:
            self._answered = (image, release_file, self._asked)

    def answers(
        self, image: PinnedReference, release_file: bytes, asked: dict[str, Any]
    ) -> Answers | Finding | None:
        """The answers, if that is what was asked; None where it was not."""
        if self._answered != (image, release_file, _digest(asked)):
            return None
        return answers.read(self.output, self._snapshot.name, rows=len(next(iter(asked.values()))))


def _digest(arrays: dict[str, Any]) -> Digest:
    """The digest of names, types, shapes and elements."""
    found = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        found.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        found.update(array.tobytes())
    return Digest(f"sha256:{found.hexdigest()}")
