"""The same rows, moved a little: an answer that changes hangs by a thread."""

from typing import Any

import msgspec

from ona_pipeline.validate.answers import Answers

MOST_ROWS = 1000
_SEED = 20261123


class Moved(msgspec.Struct, frozen=True):
    """Rows to ask beside the others.

    Attributes:
        rows: indices of the rows that were moved, shape (m,), m <= 1000.
        arrays: one for each input, m rows.
    """

    rows: Any
    arrays: dict[str, Any]


def move(laid: dict[str, Any], scale: float) -> Moved:
    """Some of the rows with noise of `scale` standard deviations of their column; always the same."""
    import numpy as np

    random = np.random.default_rng(_SEED)
    count = len(next(iter(laid.values())))
    rows = np.sort(random.choice(count, min(count, MOST_ROWS), replace=False))
    return Moved(rows, {name: _moved(array, rows, scale, random) for name, array in laid.items()})


def beside(laid: dict[str, Any], scale: float) -> dict[str, Any]:
    """All rows to ask: as they are, and after them, where `scale` is not 0, those that were moved."""
    import numpy as np

    if not scale:
        return laid
    moved = move(laid, scale)
    return {name: np.concatenate([array, moved.arrays[name]]) for name, array in laid.items()}


def _moved(array: Any, rows: Any, scale: float, random: Any) -> Any:
    """Real numbers are moved; whole numbers and text stay."""
    if array.dtype.kind != "f":
        return array[rows]
    noise = random.normal(size=array[rows].shape) * _deviations(array) * scale
    return (array[rows] + noise).astype(array.dtype)


def _deviations(array: Any) -> Any:
    """Of each column; one after the other, for over all of them NumPy makes a second array as large."""
    import numpy as np

    columns = array.reshape(len(array), -1).T
    return np.array([column.std() for column in columns]).reshape(array.shape[1:])


def measure(still: Answers, moved: Answers) -> dict[str, float]:
    """`noise_changed`: the share of labels that changed; or `noise_moved`: the mean change of a value."""
    import numpy as np

    if "label" in still.outputs:
        return {"noise_changed": float((still.main != moved.main).mean())}
    return {"noise_moved": float(np.abs(still.main - moved.main).mean())}
