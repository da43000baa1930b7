"""Estimators: fitted, and as many features, classes and parts everywhere as the whole says."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from . import kinds

Reason = tuple[str, str]


def judge_whole(estimator: Any, columns: int | None) -> Iterator[Reason]:
    """The model as a whole: fitted, and for the features that its signature declares."""
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    try:
        check_is_fitted(estimator)
    except NotFittedError:
        yield "not-fitted", f"wanted a fitted model, found {type(estimator).__name__} as it was constructed"
        return
    except (TypeError, AttributeError, LookupError):
        pass  # no estimator, or one so spoiled that it cannot say: the rules below, or the question, tell
    found = kinds.number(estimator, "n_features_in_")
    if columns is not None and found is not None and found != columns:
        yield (
            "wrong-n-features",
            f"n_features_in_: wanted {columns}, as the signature declares, found {found}",
        )


def judge_estimator(estimator: Any) -> Iterator[Reason]:
    """One estimator of a model, whether the whole or a part; one that is not fitted has nothing to judge."""
    for rule in (_classes, _features, _ensemble, _members, _tree_classes, *kinds.RULES):
        try:
            yield from rule(estimator)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            # Honest estimators have what is asked for here in the form that it is asked for.
            sentence = f"{type(estimator).__name__} has attributes of another form than a fitted one: {error}"
            yield "malformed", sentence


def _classes(estimator: Any) -> Iterator[Reason]:
    classes = vars(estimator).get("classes_")
    for one in classes if isinstance(classes, list) else [classes]:
        if not isinstance(one, np.ndarray) or one.ndim != 1:
            continue
        if not one.size:
            yield "classes-malformed", "classes_: wanted at least one class, found none"
        elif len(distinct := np.unique(one)) != len(one):
            yield (
                "classes-duplicated",
                f"classes_: wanted each class once, found {len(distinct)} of {len(one)}",
            )
        elif not np.array_equal(distinct, one):
            yield (
                "classes-not-sorted",
                f"classes_: wanted them sorted, as every fit leaves them, found {one[:10]}",
            )


def _features(estimator: Any) -> Iterator[Reason]:
    count = kinds.number(estimator, "n_features_in_")
    if count is None:
        return
    tree = _tree(estimator)
    if tree is not None and tree.n_features != count:
        yield "wrong-n-features", f"tree_: wanted {count} features, found {tree.n_features}"
    names = vars(estimator).get("feature_names_in_")
    if names is not None and len(names) != count:
        yield "wrong-n-features", f"feature_names_in_: wanted {count} names, found {len(names)}"
    for name in ("coef_", "mean_", "scale_", "theta_", "var_", "support_vectors_", "cluster_centers_"):
        array = vars(estimator).get(name)
        shape = getattr(array, "shape", ())
        # One row for each class or target, and one column for each feature; reduced spaces are others.
        if shape and shape[-1] != count and type(estimator).__name__ in kinds.BY_FEATURE:
            yield "wrong-n-features", f"{name}: wanted {count} columns, found {shape[-1]}"


def _ensemble(estimator: Any) -> Iterator[Reason]:
    members = vars(estimator).get("estimators_")
    if members is None:
        return
    flat = members.ravel().tolist() if isinstance(members, np.ndarray) else list(members)
    if not flat:
        yield "empty-ensemble", "estimators_: wanted at least one, found none"
    strange = [one for one in flat if not hasattr(one, "get_params") and one not in ("drop", "passthrough")]
    if strange:
        found = type(strange[0]).__name__
        yield "ensemble-malformed", f"estimators_: wanted estimators, found {found}"


def _members(estimator: Any) -> Iterator[Reason]:
    """Members that vote must know the same classes and features, and be fitted as their whole is."""
    members, classes = vars(estimator).get("estimators_"), vars(estimator).get("classes_")
    if type(estimator).__name__ not in _FORESTS or not isinstance(members, list):
        return
    outputs = classes if isinstance(classes, list) else [classes]
    wanted = [1 if one is None else len(one) for one in outputs]
    for at, member in enumerate(members):
        tree = _tree(member)
        if tree is None:
            yield "not-fitted", f"estimators_[{at}]: wanted a fitted tree, found none"
        elif tree.n_features != estimator.n_features_in_:
            sentence = (
                f"estimators_[{at}]: wanted {estimator.n_features_in_} features, found {tree.n_features}"
            )
            yield "wrong-n-features", sentence
        elif classes is not None and list(tree.n_classes) != wanted:
            sentence = f"estimators_[{at}]: wanted {wanted} classes, found {list(tree.n_classes)}"
            yield "classes-malformed", sentence


def _tree_classes(estimator: Any) -> Iterator[Reason]:
    tree, classes = _tree(estimator), vars(estimator).get("classes_")
    if tree is None or not isinstance(classes, np.ndarray) or tree.n_outputs != 1:
        return
    if tree.max_n_classes != len(classes):
        yield "classes-malformed", f"tree_: wanted {len(classes)} classes, found {tree.max_n_classes}"


def _tree(estimator: Any) -> Any:
    """The decision tree of an estimator; what others call `tree_` is something else."""
    found = vars(estimator).get("tree_")
    return found if type(found).__name__ == "Tree" else None


_FORESTS = frozenset(
    {"RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor"}
)
