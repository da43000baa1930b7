"""Honest models are sound, whatever they are; poisoned ones are not, and it is said where."""

import time
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils import all_estimators

from ona_pipeline.serving.soundness import Unsound, judge
from ona_pipeline.serving.soundness.unsound import MOST
from tests import poison
from tests.poison import POISONS

FEATURES, LABELS = make_classification(60, 6, n_informative=4, n_classes=3, random_state=0)
TARGETS = FEATURES[:, 0] * 2 + 1
# What an estimator may be fitted on; the first that it takes.
DATA: tuple[tuple[Any, ...], ...] = (
    (FEATURES, LABELS),
    (np.abs(FEATURES), LABELS),
    (FEATURES, TARGETS),
    (FEATURES, np.stack([LABELS, LABELS], axis=1)),
    (FEATURES[:, 0], TARGETS),
    (["some words", "and others"],),
)
FAST = {"max_iter": 20, "n_estimators": 5, "n_init": 1, "cv": 2}


def constructed(kind: type) -> Any:
    """An estimator, with one inside it where it needs one; None for what the rest cannot be made of."""
    inside = LogisticRegression()
    for arguments in ((), (inside,), ([("inside", inside)],), (inside, {"C": [1.0, 2.0]})):
        try:
            found = kind(*arguments)
        except TypeError:
            continue
        return found.set_params(**{name: value for name, value in FAST.items() if name in found.get_params()})
    return None


def fitted(kind: type) -> Any:
    """A fitted estimator of a kind; None where it takes none of the data."""
    unfitted = constructed(kind)
    for data in DATA:
        try:
            return clone(unfitted).fit(*data)
        except Exception:  # noqa: BLE001 - each refuses in its own way what it cannot be fitted on
            continue
    return None


@pytest.mark.full
def test_every_honest_estimator_of_scikit_learn_is_sound() -> None:
    assert _unsound(all_estimators(), at_least=180) == {}


def test_some_honest_estimators_of_scikit_learn_are_sound() -> None:
    assert _unsound(all_estimators()[::9], at_least=20) == {}


def _unsound(kinds: list[tuple[str, type]], *, at_least: int) -> dict[str, tuple[Unsound, ...]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {name: fitted(kind) for name, kind in kinds}
    models = {name: model for name, model in found.items() if model is not None}
    assert len(models) >= at_least
    return {name: reasons for name, model in models.items() if (reasons := judge(model))}


@pytest.mark.parametrize("name", POISONS)
def test_a_poisoned_model_is_not_sound(name: str) -> None:
    build, code = POISONS[name]
    assert code in {one.code for one in judge(build(), columns=64) if not one.is_doubt}


@pytest.mark.parametrize(
    "honest",
    [
        *(poison.tree, poison.forest, poison.logistic, poison.boosted, poison.bayes),
        *(poison.support_vectors, poison.neighbours, poison.layers),
    ],
)
def test_what_the_poisons_are_made_of_is_sound(honest: poison.Poison) -> None:
    assert judge(honest(), columns=64) == ()


def test_it_is_said_where() -> None:
    (reason,) = judge(poison.deep_inside(), columns=64)
    assert reason == Unsound(
        "tree-cyclic",
        "model.steps[1][1].estimators_[1].estimators_[0].tree_",
        "node 0: wanted a child after it, found 0",
    )


def test_a_threshold_without_end_is_a_doubt_for_missing_values_leave_it_too() -> None:
    poisoned = poison.node("threshold", np.inf)()
    assert [(one.code, one.is_doubt) for one in judge(poisoned)] == [("tree-threshold-infinite", True)]
    missing = np.where(LABELS[:, None] == 1, np.nan, FEATURES)
    assert {one.is_doubt for one in judge(poison.tree().__class__().fit(missing, LABELS))} <= {True}


def test_boosted_trees_that_were_fitted_on_missing_values_are_sound() -> None:
    missing = np.where(FEATURES > 1, np.nan, FEATURES)
    assert judge(poison.boosted().__class__(max_iter=3).fit(missing, LABELS)) == ()


def test_not_more_reasons_are_told_than_anyone_reads() -> None:
    forest = poison.forest().__class__(50).fit(FEATURES, LABELS)
    for member in forest.estimators_:
        poison.spoiled_tree(member, lambda nodes, _: nodes["left_child"].__setitem__(0, 0))
    assert len(judge(forest)) == MOST


def test_a_model_that_holds_itself_is_looked_at_once() -> None:
    pipeline = make_pipeline(LogisticRegression()).fit(FEATURES, LABELS)
    pipeline.steps[0][1].myself = pipeline
    assert judge(pipeline) == ()


def test_a_forest_of_300_trees_is_judged_at_once() -> None:
    forest = poison.forest().__class__(300, n_jobs=1, random_state=0).fit(*poison.digits())
    started = time.process_time()
    assert judge(forest, columns=64) == ()
    assert time.process_time() - started < 5
