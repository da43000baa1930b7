"""Arrays that C code follows without looking: decision trees, boosted trees, trees of neighbours.

Source:
    scikit-learn 1.7: sklearn/tree/_tree.pyx, sklearn/ensemble/_hist_gradient_boosting/_predictor.pyx,
    sklearn/neighbors/_binary_tree.pxi.tp.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LEAF = -1
Reason = tuple[str, str]


def judge_tree(tree: Any) -> Iterator[Reason]:
    """A decision tree: `tree_` of an estimator."""
    state = tree.__getstate__()
    nodes, values = state["nodes"], state["values"]
    if not len(nodes):
        yield "tree-empty", "wanted at least one node, found none"
        return
    left, right = nodes["left_child"], nodes["right_child"]
    is_leaf = left == _LEAF
    yield from _judge_children(left, right, is_leaf)
    yield from _judge_features(nodes["feature"], is_leaf, tree.n_features)
    yield from _judge_thresholds(nodes["threshold"], is_leaf)
    if not np.isfinite(values).all():
        yield "not-finite", "wanted finite values in every node, found NaN or infinity"


def judge_boosted_tree(tree: Any) -> Iterator[Reason]:
    """A tree of a histogram gradient boosting."""
    nodes = tree.nodes
    if not len(nodes):
        yield "tree-empty", "wanted at least one node, found none"
        return
    is_leaf = nodes["is_leaf"] != 0
    # Unsigned there: as signed numbers, so that none becomes small by going around.
    left, right = nodes["left"].astype(np.int64), nodes["right"].astype(np.int64)
    yield from _judge_children(left, np.where(is_leaf, _LEAF, right), is_leaf)
    if np.isnan(nodes["num_threshold"][~is_leaf & (nodes["is_categorical"] == 0)]).any():
        yield "not-finite", "wanted thresholds that are numbers, found NaN"
    if not np.isfinite(nodes["value"]).all():
        yield "not-finite", "wanted finite values in every node, found NaN or infinity"
    sets = nodes["bitset_idx"][~is_leaf & (nodes["is_categorical"] != 0)]
    if sets.size and sets.max() >= len(tree.raw_left_cat_bitsets):
        yield "tree-child-out-of-range", "wanted a set of categories that is there, found another"


def judge_neighbours(tree: Any) -> Iterator[Reason]:
    """A k-d tree or ball tree."""
    data, order, nodes = tree.__getstate__()[:3]
    if order.shape != (len(data),) or not np.array_equal(np.sort(order), np.arange(len(data))):
        yield "neighbours-malformed", f"wanted each of {len(data)} rows in order once, found others"
    starts, ends = nodes["idx_start"], nodes["idx_end"]
    if (starts < 0).any() or (ends > len(data)).any() or (starts > ends).any():
        yield "neighbours-malformed", f"wanted nodes over rows 0 to {len(data)}, found others"
    if not np.isfinite(data).all():
        yield "not-finite", "wanted finite rows, found NaN or infinity"


def _judge_children(left: NDArray[Any], right: NDArray[Any], is_leaf: NDArray[np.bool_]) -> Iterator[Reason]:
    """Children come after their parent, in every tree that scikit-learn grows: so no way leads back."""
    number = np.arange(len(left))
    if ((right == _LEAF) != is_leaf).any():
        at = int(np.flatnonzero((right == _LEAF) != is_leaf)[0])
        yield "tree-child-out-of-range", f"node {at}: wanted two children or none, found one"
        return
    for child in (left[~is_leaf], right[~is_leaf]):
        outside = (child < 0) | (child >= len(left))
        if outside.any():
            at = int(np.flatnonzero(outside)[0])
            sentence = f"node {number[~is_leaf][at]}: wanted a child below {len(left)}, found {child[at]}"
            yield "tree-child-out-of-range", sentence
        back = ~outside & (child <= number[~is_leaf])
        if back.any():
            at = int(np.flatnonzero(back)[0])
            sentence = f"node {number[~is_leaf][at]}: wanted a child after it, found {child[at]}"
            yield "tree-cyclic", sentence


def _judge_features(features: NDArray[Any], is_leaf: NDArray[np.bool_], count: int) -> Iterator[Reason]:
    asked = features[~is_leaf]
    if asked.size and (asked.min() < 0 or asked.max() >= count):
        found = int(asked.min() if asked.min() < 0 else asked.max())
        yield "tree-feature-out-of-range", f"wanted features 0 to {count - 1}, found {found}"


def _judge_thresholds(thresholds: NDArray[Any], is_leaf: NDArray[np.bool_]) -> Iterator[Reason]:
    asked = thresholds[~is_leaf]
    if np.isnan(asked).any() or np.isneginf(asked).any():
        yield "not-finite", "wanted finite thresholds, found NaN or minus infinity"
    if np.isposinf(asked).any():
        # A split into missing and present has this threshold, and a tree does not tell what it was grown on.
        yield "tree-threshold-infinite", "wanted finite thresholds, found infinity, as of missing values"
