"""What both forms are asked: rows at random, and rows at and beside every split threshold."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import Arrays, SklearnPredictor
from . import splits
from .splits import Split

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANDOM_ROWS = 4096
_SEED = 20_231
_ELEMENTS_AT_ONCE = 2_000_000


def random_rows(evaluation: Arrays) -> dict[str, "NDArray[Any]"]:
    """Rows drawn over the range of the evaluation rows and a fifth beyond it; text as it occurs."""
    rng = np.random.default_rng(_SEED)
    return {name: _random(array, rng) for name, array in evaluation.items()}


def threshold_rows(predictor: SklearnPredictor, evaluation: Arrays) -> Iterator[dict[str, "NDArray[Any]"]]:
    """Rows on every threshold, and the nearest numbers below and above, in single and in double precision.

    Args:
        predictor: with trees at its end, behind steps that can be undone; without trees there are no rows.
        evaluation: rows that those on the thresholds are made of.

    Raises:
        ValueError: a step before the trees cannot be undone.
    """
    steps = getattr(predictor.estimator, "steps", None) or [("model", predictor.estimator)]
    last = steps[-1][1]
    if not splits.has_trees(last):
        return
    before = [step for _, step in steps[:-1] if step not in (None, "passthrough")]
    features = predictor.features(evaluation)
    seen = _forward(before, features)
    found = splits.splits(last, seen)
    at_once = max(1, _ELEMENTS_AT_ONCE // max(1, seen.shape[1]))
    while chunk := list(islice(found, at_once)):
        for rows in _beside(chunk):
            for asked in _neighbours(_backward(before, rows, features)):
                yield predictor.arrays(asked, evaluation)


def _random(array: "NDArray[Any]", rng: np.random.Generator) -> "NDArray[Any]":
    shape = (RANDOM_ROWS, *array.shape[1:])
    if array.dtype.kind not in "fiu":
        return rng.choice(array, RANDOM_ROWS)
    low, high = array.min(axis=0).astype(float), array.max(axis=0).astype(float)
    margin = np.maximum((high - low) / 5, 1.0)
    drawn = rng.uniform(low - margin, high + margin, shape)
    return (np.rint(drawn) if array.dtype.kind in "iu" else drawn).astype(array.dtype)


def _beside(found: list[Split]) -> Iterator["NDArray[np.float64]"]:
    rows = np.array([split.row for split in found])
    places = np.arange(len(found)), np.array([split.feature for split in found])
    thresholds = np.array([split.threshold for split in found])
    single = thresholds.astype(np.float32)
    infinity = np.float32(np.inf)
    for values in (thresholds, np.nextafter(single, -infinity), single, np.nextafter(single, infinity)):
        rows[places] = values
        yield rows.copy()


def _neighbours(features: Any) -> Iterator[Any]:
    """As they are, and every number moved to the next one below and above."""
    yield features
    for direction in (-1, 1):
        if not hasattr(features, "columns"):
            yield _moved(features, direction)
            continue
        moved = features.copy()
        for name in features.columns:
            moved[name] = _moved(features[name].to_numpy(), direction)
        yield moved


def _moved(array: "NDArray[Any]", direction: int) -> "NDArray[Any]":
    if array.dtype.kind in "iu":
        return np.asarray(array + array.dtype.type(direction))
    if array.dtype.kind != "f":
        return array
    return np.asarray(np.nextafter(array, array.dtype.type(direction * np.inf)))


def _forward(before: list[Any], features: Any) -> "NDArray[np.float64]":
    for step in before:
        features = step.transform(features)
    return np.asarray(features.toarray() if hasattr(features, "toarray") else features, dtype=np.float64)


def _backward(before: list[Any], rows: Any, features: Any) -> Any:
    """What must be asked for the trees to see `rows`; columns that no step keeps are as in `features`."""
    for step in reversed(before):
        rows = _undone(step, rows, features)
    if hasattr(features, "columns") and not hasattr(rows, "columns"):
        return _table(rows, features)
    return rows if hasattr(rows, "columns") else np.asarray(rows, dtype=features.dtype)


def _undone(step: Any, rows: Any, features: Any) -> Any:
    if hasattr(step, "transformers_"):
        return _undone_columns(step, rows, features)
    try:
        return step.inverse_transform(rows)
    except Exception as error:  # a step of whatever kind
        sentence = f"{type(step).__name__} before the trees cannot be undone: {type(error).__name__}"
        raise ValueError(sentence) from error


def _undone_columns(step: Any, rows: Any, features: Any) -> Any:
    """Each part of a ColumnTransformer on its own."""
    if not hasattr(features, "columns"):
        raise ValueError(f"{type(step).__name__} before the trees can only be undone for a table")
    table = features.iloc[np.arange(len(rows)) % len(features)].reset_index(drop=True).copy()
    for name, part, columns in step.transformers_:
        if isinstance(part, str) and part == "drop":
            continue
        values = rows[:, step.output_indices_[name]]
        if not isinstance(part, str):
            values = _undone(part, values, features)
        for place, column in enumerate(table.columns[columns] if _are_numbers(columns) else columns):
            table[column] = _cast(np.asarray(values)[:, place], features[column])
    return table


def _table(rows: Any, features: Any) -> Any:
    table = features.iloc[np.arange(len(rows)) % len(features)].reset_index(drop=True).copy()
    for place, column in enumerate(table.columns):
        table[column] = _cast(np.asarray(rows)[:, place], features[column])
    return table


def _cast(values: "NDArray[Any]", like: Any) -> "NDArray[Any]":
    """Values with the element type of a column; what stands for no category becomes the first that occurs."""
    if like.dtype.kind in "iu":
        return np.asarray(np.floor(values.astype(float)), dtype=like.dtype)
    if like.dtype.kind == "f":
        return np.asarray(values, dtype=like.dtype)
    texts: NDArray[Any] = np.array(
        [like.iloc[0] if value is None else value for value in values], dtype=object
    )
    return texts


def _are_numbers(columns: Any) -> bool:
    return isinstance(columns, slice) or all(isinstance(column, int | np.integer) for column in columns)
