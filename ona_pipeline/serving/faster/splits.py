"""Every split of the trees in an estimator, as a row that reaches it and lies on its threshold."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAF = -1


class Split(NamedTuple):
    """One split: a row that comes to it, which feature it looks at, and the threshold."""

    row: "NDArray[np.float64]"
    feature: int
    threshold: float


def splits(estimator: Any, rows: "NDArray[np.float64]") -> Iterator[Split]:
    """All splits of all trees.

    Args:
        estimator: trees, or what holds them in `estimators_`.
        rows: features to begin with, (n, n_features); each split takes the next one.
    """
    turn = 0
    for tree in _trees(estimator):
        for split in _of_tree(tree, rows, turn):
            turn += 1
            yield split


def has_trees(estimator: Any) -> bool:
    """Whether there is anything that splits."""
    return any(True for _ in _trees(estimator)) or hasattr(estimator, "_predictors")


def _trees(estimator: Any) -> Iterator[Any]:
    if hasattr(estimator, "tree_"):
        yield estimator.tree_
    for member in np.ravel(np.asarray(getattr(estimator, "estimators_", []), dtype=object)):
        if hasattr(member, "tree_"):
            yield member.tree_


def _of_tree(tree: Any, rows: "NDArray[np.float64]", turn: int) -> Iterator[Split]:
    """Down the tree with what each feature must lie between to come to a node."""
    waiting: list[tuple[int, dict[int, tuple[float, float]]]] = [(0, {})]
    while waiting:
        node, bounds = waiting.pop()
        left, right = int(tree.children_left[node]), int(tree.children_right[node])
        if left == _LEAF:
            continue
        feature, threshold = int(tree.feature[node]), float(tree.threshold[node])
        row = rows[turn % len(rows)].copy()
        turn += 1
        for constrained, (low, high) in bounds.items():
            row[constrained] = _between(row[constrained], low, high)
        row[feature] = threshold
        yield Split(row, feature, threshold)
        low, high = bounds.get(feature, (-np.inf, np.inf))
        waiting.append((left, {**bounds, feature: (low, min(high, threshold))}))
        waiting.append((right, {**bounds, feature: (max(low, threshold), high)}))


def _between(value: float, low: float, high: float) -> float:
    """A value above `low` and not above `high`, which is how trees compare."""
    if low < value <= high:
        return float(value)
    if np.isfinite(low) and np.isfinite(high):
        return low + (high - low) / 2
    # Not the bound itself: trees round features to single precision, which may be above it.
    return high - max(1.0, abs(high)) if np.isfinite(high) else low + max(1.0, abs(low))
