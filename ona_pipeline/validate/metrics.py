"""How right the answers are, in numbers."""

import math
from collections.abc import Callable
from typing import Any

from ona_pipeline.validate import calibration, scores
from ona_pipeline.validate.answers import Answers

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
        ValueError: they are not, such as text with numbers.
    """
    main = answers.main
    is_text = main.dtype.kind == "U"
    if main.size != len(truth) or is_text != (truth.dtype.kind in "OU"):
        raise ValueError(f"answers of type {main.dtype} and shape {main.shape} for a truth of {truth.dtype}")


def _of_classes(answers: Answers, truth: Any) -> dict[str, float]:
    from sklearn.metrics import precision_recall_fscore_support

    if "label" not in answers.outputs:
        return {}
    classes = sorted(set(truth.tolist()))
    precisions, recalls, _, _ = precision_recall_fscore_support(
        truth, answers.main, labels=classes, average=None, zero_division=0
    )
    return {
        f"{name}_{one}": float(number)
        for name, numbers in (("precision", precisions), ("recall", recalls))
        for one, number in zip(classes, numbers, strict=True)
    }


def _sklearn(function: str, output: str, **arguments: Any) -> Callable[[Answers, Any], float]:
    """A metric of scikit-learn, imported when it is first computed."""

    def compute(answers: Answers, truth: Any) -> float:
        import sklearn.metrics

        found: float = getattr(sklearn.metrics, function)(truth, answers.outputs[output], **arguments)
        return found

    return compute


def _log_loss(answers: Answers, truth: Any) -> float:
    from sklearn.metrics import log_loss

    found: float = log_loss(truth, answers.outputs["probabilities"], labels=list(answers.classes))
    return found


def _brier(answers: Answers, truth: Any) -> float:
    return -float(scores.of_rows("brier", answers, truth).mean())


def _calibration_error(answers: Answers, truth: Any) -> float:
    return calibration.expected_error(calibration.bins(answers, truth))


def _roc_auc(answers: Answers, truth: Any) -> float:
    from sklearn.metrics import roc_auc_score

    found: float = roc_auc_score(truth == answers.classes[1], answers.outputs["probabilities"][:, 1])
    return found


_Table = dict[str, Callable[[Answers, Any], float]]
_OF_LABELS: _Table = {
    "accuracy": _sklearn("accuracy_score", "label"),
    "f1_macro": _sklearn("f1_score", "label", average="macro", zero_division=0),
}
_OF_PROBABILITIES: _Table = {
    "log_loss": _log_loss,
    "brier": _brier,
    "calibration_error": _calibration_error,
}
_OF_TWO_CLASSES: _Table = {"roc_auc": _roc_auc}
_OF_VALUES: _Table = {
    name: _sklearn(function, "value")
    for name, function in {
        "r2": "r2_score",
        "mean_absolute_error": "mean_absolute_error",
        "root_mean_squared_error": "root_mean_squared_error",
    }.items()
}
