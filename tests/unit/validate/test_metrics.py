"""Metrics, which are those of scikit-learn to the last digits, and what is no answer to be measured."""

from typing import Any

import numpy as np
import pytest
from sklearn import metrics as theirs

from ona_pipeline.validate import calibration, metrics
from ona_pipeline.validate.answers import Answers

RANDOM = np.random.default_rng(11)
ROWS = 400


def answered(**outputs: Any) -> Answers:
    classes = outputs.pop("classes", ())
    return Answers(outputs, tuple(classes), 0, 0, 0.1, np.array([0.1]))


def classified(classes: list[Any], *, wrong: float = 0.3) -> tuple[Answers, Any]:
    """Random truth, and answers of which that share is drawn anew; probabilities with many ties."""
    named = np.array(classes)
    truth = RANDOM.choice(named, ROWS)
    label = np.where(RANDOM.random(ROWS) < wrong, RANDOM.choice(named, ROWS), truth)
    probabilities = RANDOM.integers(1, 6, (ROWS, len(classes))).astype(float)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    held = truth.astype(object) if named.dtype.kind == "U" else truth
    return answered(label=label, probabilities=probabilities, classes=classes), held


@pytest.mark.parametrize(
    "classes",
    [[0, 1], [0, 1, 2, 5], ["no", "yes"], ["a", "z", "ü"], [False, True], [-1, 1], [1.0, 2.0]],
    ids=str,
)
def test_metrics_of_classes_are_those_of_scikit_learn(classes):
    answers, truth = classified(classes)
    found, label = metrics.measure(answers, truth), answers.main
    precision, recall, _, _ = theirs.precision_recall_fscore_support(
        truth, label, labels=classes, zero_division=0
    )
    wanted = {
        "accuracy": theirs.accuracy_score(truth, label),
        "f1_macro": theirs.f1_score(truth, label, average="macro", zero_division=0),
        "log_loss": theirs.log_loss(truth, answers.outputs["probabilities"], labels=classes),
        **{f"precision_{one}": value for one, value in zip(classes, precision, strict=True)},
        **{f"recall_{one}": value for one, value in zip(classes, recall, strict=True)},
    }
    if len(classes) == 2:
        sure = answers.outputs["probabilities"][:, 1]
        wanted["roc_auc"] = theirs.roc_auc_score(truth == classes[1], sure)
    assert {name: found[name] for name in wanted} == pytest.approx(wanted)
    assert found.keys() == {*wanted, "brier", "calibration_error"}


def test_metrics_of_values_are_those_of_scikit_learn():
    truth = RANDOM.normal(size=ROWS)
    value = truth + RANDOM.normal(size=ROWS) / 3
    assert metrics.measure(answered(value=value.reshape(-1, 1)), truth) == pytest.approx(
        {
            "r2": theirs.r2_score(truth, value),
            "mean_absolute_error": theirs.mean_absolute_error(truth, value),
            "root_mean_squared_error": theirs.root_mean_squared_error(truth, value),
        }
    )


@pytest.mark.parametrize("off_by", [0.0, 0.5])
def test_a_truth_that_never_changes_has_the_r2_of_scikit_learn(off_by):
    truth = np.ones(10)
    found = metrics.measure(answered(value=truth + off_by), truth)
    assert found["r2"] == theirs.r2_score(truth, truth + off_by)


def test_a_class_that_was_never_answered_and_one_that_never_was_count_as_in_scikit_learn():
    truth, label = np.array([0, 0, 1, 1, 2]), np.array([0, 0, 0, 3, 3])
    found = metrics.measure(answered(label=label), truth)
    assert found["f1_macro"] == pytest.approx(theirs.f1_score(truth, label, average="macro", zero_division=0))
    assert (found["precision_2"], found["recall_2"]) == (0.0, 0.0)
    assert "precision_3" not in found


def test_confusion_is_that_of_scikit_learn_and_keeps_the_names_of_the_truth():
    truth, label = np.array([3, 1, 1, 2]), np.array([1.0, 1.0, 2.0, 7.0])
    found = calibration.confusion(answered(label=label), truth)
    assert found is not None
    assert found.classes == ("1", "2", "3", "7.0")
    assert found.counts == tuple(map(tuple, theirs.confusion_matrix(truth, label).tolist()))


def test_labels_in_a_column_of_their_own_are_compared_row_by_row():
    truth = np.array([0, 1, 1, 0])
    found = metrics.measure(answered(label=np.array([[0], [1], [0], [0]])), truth)
    assert found["accuracy"] == 0.75


def test_a_class_that_the_model_does_not_know_is_refused_by_name():
    answers, truth = classified([0, 1])
    with pytest.raises(ValueError, match=r"has probabilities for, found \[7\]"):
        metrics.measure(answers, np.where(truth == 1, 7, truth))


def test_fractions_are_no_classes():
    with pytest.raises(ValueError, match=r"wanted classes, found 1 fractions, such as 0\.5"):
        metrics.measure(answered(label=np.array([0, 1])), np.array([0.5, 1.0]))
