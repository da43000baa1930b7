"""Models that hold nothing but allowed types, and are poison: each with the code that they are refused with.

All of them are made from honest fits on the digits, at test time; what is changed is what a file could hold.
"""

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

Poison = Callable[[], Any]


@cache
def digits() -> tuple[Any, Any]:
    from sklearn.datasets import load_digits

    features, labels = load_digits(return_X_y=True)
    return features[:300], labels[:300]


def copied(make: Poison) -> Poison:
    """Fit once, and give a copy to each who spoils it."""
    once = cache(make)
    return lambda: copy.deepcopy(once())


@copied
def tree() -> Any:
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(max_depth=5, random_state=0).fit(*digits())


@copied
def forest() -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(4, max_depth=5, random_state=0).fit(*digits())


@copied
def logistic() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(tol=0.5).fit(*digits())


@copied
def boosted() -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(max_iter=2, max_depth=3).fit(*digits())


@copied
def support_vectors() -> Any:
    from sklearn.svm import SVC

    return SVC().fit(*digits())


@copied
def neighbours() -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(algorithm="kd_tree").fit(*digits())


@copied
def layers() -> Any:
    from sklearn.neural_network import MLPClassifier

    features, labels = digits()
    found = MLPClassifier((8,), random_state=0)
    return found.partial_fit(features, labels, classes=np.unique(labels))


@copied
def bayes() -> Any:
    from sklearn.naive_bayes import GaussianNB

    return GaussianNB(var_smoothing=1e-3).fit(*digits())


def spoiled_tree(estimator: Any, change: Callable[[Any, Any], object]) -> Any:
    """The estimator with another tree in its place: `change` is given its nodes and values."""
    state = estimator.tree_.__getstate__()
    nodes, values = state["nodes"].copy(), state["values"].copy()
    change(nodes, values)
    kind, arguments, _ = estimator.tree_.__reduce__()
    estimator.tree_ = kind(*arguments)
    estimator.tree_.__setstate__({**state, "nodes": nodes, "values": values, "node_count": len(nodes)})
    return estimator


def node(field: str, value: Any) -> Poison:
    """A tree whose root has another value in one field."""
    return lambda: spoiled_tree(tree(), lambda nodes, _: nodes[field].__setitem__(0, value))


def changed(make: Poison, **attributes: Any) -> Poison:
    """An estimator with other attributes; a function is given the one that is there."""

    def build() -> Any:
        estimator = make()
        for name, value in attributes.items():
            setattr(estimator, name, value(getattr(estimator, name)) if callable(value) else value)
        return estimator

    return build


def at(index: Any, value: Any) -> Callable[[Any], Any]:
    """A copy of an array with another value in one place."""

    def change(array: Any) -> Any:
        copy = array.copy()
        copy[index] = value
        return copy

    return change


def swapped(array: Any) -> Any:
    return array[::-1].copy()


def spoiled_boost(field: str, value: Any) -> Poison:
    def build() -> Any:
        estimator = boosted()
        estimator._predictors[0][0].nodes[field][0] = value
        return estimator

    return build


def spoiled_member() -> Any:
    whole = forest()
    spoiled_tree(whole.estimators_[2], lambda nodes, _: nodes["left_child"].__setitem__(1, 0))
    return whole


def deep_inside() -> Any:
    """A cyclic tree in a forest, in a vote, in a pipeline."""
    from sklearn.ensemble import VotingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    vote = VotingClassifier([("bayes", bayes()), ("forest", forest())])
    whole = make_pipeline(StandardScaler(), vote).fit(*digits())
    inside = whole.steps[1][1].estimators_[1].estimators_[0]
    spoiled_tree(inside, lambda nodes, _: nodes["right_child"].__setitem__(0, 0))
    return whole


def unfitted() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression())


def other_features() -> Any:
    features, labels = digits()
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(tol=0.5).fit(features[:, :30], labels)


def spoiled_neighbours() -> Any:
    estimator = neighbours()
    state = list(estimator._tree.__getstate__())
    state[1] = at(0, 10**9)(state[1])
    estimator._tree.__setstate__(tuple(state))
    return estimator


POISONS: dict[str, tuple[Poison, str]] = {
    "a tree whose child is past the end": (node("left_child", 10**6), "tree-child-out-of-range"),
    "a tree whose child is before the start": (node("right_child", -7), "tree-child-out-of-range"),
    "a tree with one child": (node("left_child", -1), "tree-child-out-of-range"),
    "a tree that leads back to itself": (node("left_child", 0), "tree-cyclic"),
    "a tree that asks for a feature that is not there": (node("feature", 10**6), "tree-feature-out-of-range"),
    "a tree that asks for a feature before the first": (node("feature", -5), "tree-feature-out-of-range"),
    "a tree with NaN for a threshold": (node("threshold", np.nan), "not-finite"),
    "a tree with minus infinity for a threshold": (node("threshold", -np.inf), "not-finite"),
    "a tree with NaN for an answer": (
        lambda: spoiled_tree(tree(), lambda _, values: values.fill(np.nan)),
        "not-finite",
    ),
    "a tree of a forest that leads back": (spoiled_member, "tree-cyclic"),
    "a tree that leads back, deep inside": (deep_inside, "tree-cyclic"),
    "a forest without trees": (changed(forest, estimators_=[]), "empty-ensemble"),
    "a forest of numbers": (changed(forest, estimators_=[1, 2]), "ensemble-malformed"),
    "a forest of trees for other classes": (
        changed(forest, classes_=np.arange(200), n_classes_=200),
        "classes-malformed",
    ),
    "a boosted tree whose child is past the end": (spoiled_boost("left", 2**31), "tree-child-out-of-range"),
    "a boosted tree that leads back to itself": (spoiled_boost("right", 0), "tree-cyclic"),
    "a boosted tree that asks for another feature": (
        spoiled_boost("feature_idx", 10**6),
        "tree-feature-out-of-range",
    ),
    "a boosting without trees": (changed(boosted, _predictors=[]), "empty-ensemble"),
    "coefficients that are NaN": (changed(logistic, coef_=at((0, 0), np.nan)), "not-finite"),
    "an intercept without end": (changed(logistic, intercept_=at(0, np.inf)), "not-finite"),
    "coefficients that are text": (changed(logistic, coef_=lambda c: c.astype(str)), "wrong-dtype"),
    "coefficients for fewer classes": (changed(logistic, coef_=lambda c: c[:3]), "classes-malformed"),
    "classes in another order": (changed(logistic, classes_=swapped), "classes-not-sorted"),
    "a class twice": (changed(logistic, classes_=at(1, 0)), "classes-duplicated"),
    "another number of features than it says": (changed(logistic, n_features_in_=65), "wrong-n-features"),
    "a model of other features than its signature": (other_features, "wrong-n-features"),
    "support vectors that are too few": (
        changed(support_vectors, support_vectors_=lambda v: v[:5].copy()),
        "support-vectors-malformed",
    ),
    "more support vectors than there are": (
        changed(support_vectors, _n_support=at(0, 10**6)),
        "support-vectors-malformed",
    ),
    "neighbours past the end": (spoiled_neighbours, "neighbours-malformed"),
    "neighbours of classes that are not there": (
        changed(neighbours, _y=at(0, 10**6)),
        "neighbours-malformed",
    ),
    "layers that do not fit each other": (
        changed(layers, coefs_=lambda c: [c[0][:, :3], c[1]]),
        "layers-malformed",
    ),
    "variances of nothing": (changed(bayes, var_=at((0, 0), 0.0)), "not-finite"),
    "a model that was never fitted": (unfitted, "not-fitted"),
}


def endless() -> Any:
    """Turns over one row for hours when it is asked: its own parameters say so."""
    from sklearn.decomposition import LatentDirichletAllocation
    from sklearn.pipeline import make_pipeline

    whole = make_pipeline(LatentDirichletAllocation(2, max_iter=1), logistic()).fit(*digits())
    whole.steps[0][1].set_params(max_doc_update_iter=2**31 - 1, mean_change_tol=-1.0)
    return whole


def boundless() -> Any:
    """Asks for more memory than there is when it is asked."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    return make_pipeline(FunctionTransformer(np.tile, kw_args={"reps": (10**9, 10**3)}), logistic())
