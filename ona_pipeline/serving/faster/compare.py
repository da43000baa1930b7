"""Two forms of a model, asked the same rows."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from ..model import Arrays, Predictor

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOLERANCE = 1e-5


class Comparison(msgspec.Struct):
    """What came of it.

    Attributes:
        rows: what kind of row, to how many of them were asked.
        labels_differ: rows with another label, or another truth or text.
        largest_difference: of a number, absolute; of one beyond 1, relative to it.
        reason: why the forms are not equal, or could not be compared; empty where they are.
    """

    rows: dict[str, int] = {}
    labels_differ: int = 0
    largest_difference: float = 0.0
    reason: str = ""

    @property
    def is_shown(self) -> bool:
        """Whether the forms answered the same."""
        return not self.reason

    def ask(self, kind: str, wanted: Predictor, found: Predictor, batches: Iterable[Arrays]) -> None:
        """Ask both, and keep count; after the first difference no further batch is asked."""
        for arrays in batches:
            if self.reason:
                return
            self.rows[kind] = self.rows.get(kind, 0) + len(next(iter(arrays.values())))
            self._hold(kind, wanted.predict(arrays), found.predict(arrays))

    def _hold(self, kind: str, wanted: Arrays, found: Arrays) -> None:
        if wanted.keys() != found.keys():
            self.reason = f"wanted outputs {sorted(wanted)}, found {sorted(found)}"
            return
        for name, array in wanted.items():
            self._hold_output(f"{name} of {kind} rows", array, found[name])

    def _hold_output(self, what: str, wanted: "NDArray[Any]", found: "NDArray[Any]") -> None:
        if wanted.shape != found.shape:
            self.reason = f"{what}: wanted shape {list(wanted.shape)}, found {list(found.shape)}"
        elif wanted.dtype.kind != "f":
            differing = int((wanted != found).sum())
            self.labels_differ += differing
            if differing:
                self.reason = f"{what}: wanted the same, found {differing} of {len(wanted)} otherwise"
        else:
            apart = np.abs(wanted - found) / np.maximum(1.0, np.abs(wanted))
            largest = float(np.nanmax(apart, initial=0.0))
            self.largest_difference = max(self.largest_difference, largest)
            if largest > TOLERANCE or (np.isnan(wanted) != np.isnan(found)).any():
                self.reason = f"{what}: wanted at most {TOLERANCE:g} apart, found {largest:.3g}"
