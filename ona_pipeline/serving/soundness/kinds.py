"""Rules for kinds of estimators whose code takes a size from one array and reads another by it.

Source:
    scikit-learn 1.7: sklearn/svm/src/libsvm, sklearn/neighbors/_classification.py, sklearn/neural_network.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Reason = tuple[str, str]


def _linear(estimator: Any) -> Iterator[Reason]:
    classes, coef = vars(estimator).get("classes_"), vars(estimator).get("coef_")
    if type(estimator).__name__ not in _LINEAR_CLASSIFIERS or classes is None or coef is None:
        return
    wanted = 1 if len(classes) == 2 else len(classes)  # noqa: PLR2004 - two classes share one row
    rows = coef.shape[0] if getattr(coef, "ndim", 0) > 1 else 1
    if rows not in {wanted, len(classes)}:
        yield "classes-malformed", f"coef_: wanted {wanted} rows for {len(classes)} classes, found {rows}"


def _layers(estimator: Any) -> Iterator[Reason]:
    coefs, intercepts = vars(estimator).get("coefs_"), vars(estimator).get("intercepts_")
    if coefs is None or intercepts is None:
        return
    width = number(estimator, "n_features_in_")
    if len(coefs) != len(intercepts) or len(coefs) != estimator.n_layers_ - 1:
        yield "layers-malformed", f"wanted {estimator.n_layers_ - 1} layers of weights, found {len(coefs)}"
        return
    for at, (weights, biases) in enumerate(zip(coefs, intercepts, strict=True)):
        if weights.ndim != 2 or weights.shape[0] != width or biases.shape != weights.shape[1:]:  # noqa: PLR2004
            yield "layers-malformed", f"coefs_[{at}]: wanted {width} rows, found shape {weights.shape}"
            return
        width = weights.shape[1]


def _support_vectors(estimator: Any) -> Iterator[Reason]:
    """Libsvm takes sizes from one array and reads the others by them."""
    counts, vectors = vars(estimator).get("_n_support"), vars(estimator).get("support_vectors_")
    if counts is None or vectors is None:
        return
    dual, intercept = estimator._dual_coef_, estimator._intercept_
    is_classifier = "classes_" in vars(estimator) and len(estimator.classes_) > 1
    classes = len(estimator.classes_) if is_classifier else 2
    total = int(counts.sum()) if is_classifier else int(counts[0])
    found = {
        "support_vectors_": (vectors.shape[0], total),
        "support_": (len(estimator.support_), total),
        "_n_support": (len(counts), classes),
        "_dual_coef_ rows": (dual.shape[0], classes - 1),
        "_dual_coef_ columns": (dual.shape[1], total),
        "_intercept_": (len(intercept), math.comb(classes, 2)),
    }
    for name, (is_there, wanted) in found.items():
        if is_there != wanted or (counts < 0).any():
            yield "support-vectors-malformed", f"{name}: wanted {wanted}, found {is_there}"


def _neighbours(estimator: Any) -> Iterator[Reason]:
    rows, labels = vars(estimator).get("_fit_X"), vars(estimator).get("_y")
    if rows is None or labels is None or type(estimator).__name__ not in _NEIGHBOURS:
        return
    if len(labels) != rows.shape[0]:
        yield "neighbours-malformed", f"_y: wanted {rows.shape[0]} answers, found {len(labels)}"
    classes = vars(estimator).get("classes_")
    if isinstance(classes, np.ndarray) and (labels.min() < 0 or labels.max() >= len(classes)):
        yield "neighbours-malformed", f"_y: wanted numbers of {len(classes)} classes, found others"
    if getattr(estimator, "metric", "") != "nan_euclidean" and not _is_finite(rows):
        yield "not-finite", "_fit_X: wanted finite rows, found NaN or infinity"


def _boosted(estimator: Any) -> Iterator[Reason]:
    predictors = vars(estimator).get("_predictors")
    if predictors is None:
        return
    if not predictors:
        yield "empty-ensemble", "wanted at least one tree, found none"
    wanted = estimator.n_trees_per_iteration_
    if any(len(each) != wanted for each in predictors):
        yield "ensemble-malformed", f"wanted {wanted} trees in each iteration, found another number"
    features = [tree.nodes["feature_idx"].max() for each in predictors for tree in each if len(tree.nodes)]
    if features and max(features) >= estimator.n_features_in_:
        sentence = f"wanted features 0 to {estimator.n_features_in_ - 1}, found {max(features)}"
        yield "tree-feature-out-of-range", sentence


def _variances(estimator: Any) -> Iterator[Reason]:
    variances = vars(estimator).get("var_")
    if type(estimator).__name__ == "GaussianNB" and variances is not None and (variances <= 0).any():
        yield "not-finite", "var_: wanted variances above zero, found others"


def number(estimator: Any, name: str) -> int | None:
    """A number that an estimator holds, or works out; None where it has none."""
    value = vars(estimator).get(name)
    if value is None:
        value = getattr(estimator, name, None) if hasattr(type(estimator), name) else None
    return int(value) if isinstance(value, int | np.integer) else None


def _is_finite(rows: Any) -> bool:
    numbers = rows.data if hasattr(rows, "tocsr") else rows
    return numbers.dtype.kind != "f" or bool(np.isfinite(numbers).all())


_LINEAR_CLASSIFIERS = frozenset(
    {
        *("LogisticRegression", "LogisticRegressionCV", "SGDClassifier", "Perceptron", "LinearSVC"),
        *(
            "PassiveAggressiveClassifier",
            "RidgeClassifier",
            "RidgeClassifierCV",
            "LinearDiscriminantAnalysis",
        ),
    }
)
BY_FEATURE = _LINEAR_CLASSIFIERS | {
    *("LinearRegression", "Ridge", "Lasso", "ElasticNet", "SGDRegressor", "LinearSVR", "HuberRegressor"),
    *("StandardScaler", "MaxAbsScaler", "MinMaxScaler", "RobustScaler", "GaussianNB", "SVC", "SVR", "NuSVC"),
    *("KMeans", "MiniBatchKMeans", "BayesianRidge", "ARDRegression", "Lars", "LassoLars"),
}
_NEIGHBOURS = frozenset(
    {
        *("KNeighborsClassifier", "KNeighborsRegressor"),
        *("RadiusNeighborsClassifier", "RadiusNeighborsRegressor"),
    }
)
RULES: tuple[Callable[[Any], Iterator[Reason]], ...] = (
    _linear,
    _layers,
    _support_vectors,
    _neighbours,
    _boosted,
    _variances,
)
