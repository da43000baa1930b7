"""How right the answers are, in numbers.

Each is a line or two of NumPy, equal to scikit-learn's in the tests: to import that would take longer than
the whole validation of a small model.
"""

import math
from collections.abc import Callable
from typing import Any

from ona_pipeline.validate import calibration, scores
from ona_pipeline.validate.answers import Answers
from ona_pipeline.validate.counting import count

_BINARY = 2


def measure(answers: Answers, truth: Any) -> dict[str, float]:
    """Name to value: a classifier's where there are labels, else a regressor's.

    Args:
        answers: finite, one for each row.
        truth: shape (n,).

    Returns:
        accuracy, f1_macro, precision_<class>, recall_<class>, and where there are probabilities log_loss
        (natural logarithm), brier (0 to 2), calibration_error, and roc_auc for two classes; or r2,
        mean_absolute_error and root_mean_squared_error, the last two in the label's unit. One that these
        rows leave undefined is not among them.

    Raises:
        ValueError: truth and answers cannot be compared, such as text with numbers.
    """
    measured = of_part(answers, truth)
    if "label" in answers.outputs:
        measured |= _of_classes(answers, truth)
    return measured


def of_part(answers: Answers, truth: Any) -> dict[str, float]:
    """`measure` without what is said of each class: for a slice, or for all rows.

    Raises:
        ValueError: truth and answers cannot be compared.
    """
    require_comparable(answers, truth)
    found = {name: value(name, answers, truth) for name in _known(answers, truth)}
    return {name: number for name, number in found.items() if math.isfinite(number)}


def value(metric: str, answers: Answers, truth: Any) -> float:
    """One of the metrics of `measure`.

    Raises:
        KeyError: these answers do not have it.
    """
    known = _known(answers, truth)
    if metric in known:
        return float(known[metric](answers, truth))
    return _of_classes(answers, truth)[metric]


def _known(answers: Answers, truth: Any) -> "_Table":
    if "label" not in answers.outputs:
        return {name: metric for name, metric in _OF_VALUES.items() if name != "r2" or len(truth) > 1}
    if "probabilities" not in answers.outputs:
        return _OF_LABELS
    is_binary = len(answers.classes) == _BINARY and len(set(truth.tolist())) == _BINARY
    return _OF_LABELS | _OF_PROBABILITIES | (_OF_TWO_CLASSES if is_binary else {})


def require_comparable(answers: Answers, truth: Any) -> None:
    """Make sure that answers and truth are of one kind.

    Raises:
        ValueError: they are not, such as text with numbers, or fractions for classes.
    """
    main = answers.main
    is_text = main.dtype.kind == "U"
    if main.size != len(truth) or is_text != (truth.dtype.kind in "OU"):
        raise ValueError(f"answers of type {main.dtype} and shape {main.shape} for a truth of {truth.dtype}")
    if "label" in answers.outputs and truth.dtype.kind == "f" and (fractions := truth[truth % 1 != 0]).size:
        raise ValueError(f"wanted classes, found {len(fractions)} fractions, such as {fractions[0]}")


def _of_classes(answers: Answers, truth: Any) -> dict[str, float]:
    if "label" not in answers.outputs:
        return {}
    counted = count(answers, truth)
    return {
        f"{name}_{one}": float(number)
        for name, numbers in (("precision", counted.precision), ("recall", counted.recall))
        for one, number, rows in zip(counted.classes, numbers, counted.present, strict=True)
        if rows
    }


def _mean_score(metric: str, *, sign: int = 1) -> Callable[[Answers, Any], float]:
    """A metric that is the mean of what each row scores."""

    def compute(answers: Answers, truth: Any) -> float:
        return sign * float(scores.of_rows(metric, answers, truth).mean())

    return compute


def _f1_macro(answers: Answers, truth: Any) -> float:
    return float(count(answers, truth).f1.mean())


def _log_loss(answers: Answers, truth: Any) -> float:
    if unknown := set(truth.tolist()) - set(answers.classes):
        raise ValueError(f"wanted classes that the model has probabilities for, found {sorted(unknown)[:5]}")
    return _mean_score("log_loss", sign=-1)(answers, truth)


def _calibration_error(answers: Answers, truth: Any) -> float:
    return calibration.expected_error(calibration.bins(answers, truth))


def _roc_auc(answers: Answers, truth: Any) -> float:
    """How often a row of the second class is given more than one of the first; ties count half."""
    import pandas as pd

    is_second = truth == answers.classes[1]
    ranks = pd.Series(answers.outputs["probabilities"][:, 1]).rank().to_numpy()
    second = int(is_second.sum())
    below = ranks[is_second].sum() - second * (second + 1) / 2
    return float(below / (second * (len(truth) - second)))


def _r2(answers: Answers, truth: Any) -> float:
    """Share of the variance explained; where the truth has none, 1 if it was met exactly, else 0."""
    lost, whole = float((_errors(answers, truth) ** 2).sum()), float(((truth - truth.mean()) ** 2).sum())
    if not whole:
        return 0.0 if lost else 1.0
    return 1 - lost / whole


def _root_mean_squared_error(answers: Answers, truth: Any) -> float:
    return math.sqrt((_errors(answers, truth) ** 2).mean())


def _errors(answers: Answers, truth: Any) -> Any:
    return answers.outputs["value"].reshape(len(truth)).astype(float) - truth


_Table = dict[str, Callable[[Answers, Any], float]]
_OF_LABELS: _Table = {"accuracy": _mean_score("accuracy"), "f1_macro": _f1_macro}
_OF_PROBABILITIES: _Table = {
    "log_loss": _log_loss,
    "brier": _mean_score("brier", sign=-1),
    "calibration_error": _calibration_error,
}
_OF_TWO_CLASSES: _Table = {"roc_auc": _roc_auc}
_OF_VALUES: _Table = {
    "r2": _r2,
    "mean_absolute_error": _mean_score("mean_absolute_error", sign=-1),
    "root_mean_squared_error": _root_mean_squared_error,
}
