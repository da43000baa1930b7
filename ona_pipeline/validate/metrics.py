"""How right the answers are, in numbers, and as a table of predictions."""

from collections.abc import Callable, Iterator
from typing import Any

from ona_pipeline.records.finding import Finding
from ona_pipeline.validate.answers import Answers


def judge(answers: Answers, subject: str) -> Iterator[Finding]:
    """Findings for answers that are no numbers, or that depend on when and beside what a row is asked."""
    import numpy as np

    for name, array in answers.outputs.items():
        wrong = int((~np.isfinite(array)).sum()) if array.dtype.kind == "f" else 0
        if wrong:
            yield Finding(
                "not-finite",
                subject,
                f"{subject}: output {name}: wanted finite numbers, found {wrong} that are not",
            )
    for asked, rows in (("alone", answers.single_differs), ("again", answers.repeat_differs)):
        if rows:
            yield Finding(
                "batch-differs",
                subject,
                f"{subject}: wanted the same answer {asked}, found another in {rows} rows",
            )


def measure(answers: Answers, truth: Any) -> dict[str, float]:
    """Name to value: a classifier's where there are labels, else a regressor's.

    Args:
        answers: finite, one for each row.
        truth: shape (n,).

    Returns:
        accuracy, f1_macro, recall_<class>, and log_loss (natural logarithm) where there are probabilities;
        or r2, mean_absolute_error and root_mean_squared_error, the last two in the label's unit.

    Raises:
        ValueError: truth and answers cannot be compared, such as text with numbers.
    """
    require_comparable(answers, truth)
    if "label" not in answers.outputs:
        return {name: value(name, answers, truth) for name in _OF_VALUES}
    measured = {name: value(name, answers, truth) for name in _OF_LABELS}
    measured |= _of_classes(answers, truth)
    if "probabilities" in answers.outputs:
        measured |= {name: value(name, answers, truth) for name in _OF_PROBABILITIES}
    return measured


def value(metric: str, answers: Answers, truth: Any) -> float:
    """One of the metrics of `measure`.

    Raises:
        KeyError: these answers do not have it.
    """
    known = _OF_LABELS | _OF_PROBABILITIES if "label" in answers.outputs else _OF_VALUES
    if metric in known:
        return float(known[metric](answers, truth))
    return _of_classes(answers, truth)[metric]


def require_comparable(answers: Answers, truth: Any) -> None:
    """Make sure that answers and truth are of one kind.

    Raises:
        ValueError: they are not, such as text with numbers.
    """
    main = answers.main
    is_text = main.dtype.kind == "U"
    if main.size != len(truth) or is_text != (truth.dtype.kind in "OU"):
        raise ValueError(f"answers of type {main.dtype} and shape {main.shape} for a truth of {truth.dtype}")


def predictions(answers: Answers, truth: Any) -> Any:
    """A pandas DataFrame: label or value, truth, and where there are probabilities, the highest and each."""
    import pandas as pd

    name = "label" if "label" in answers.outputs else "value"
    columns = {name: answers.outputs[name].reshape(len(truth), -1)[:, 0], "truth": truth}
    if "probabilities" in answers.outputs:
        probabilities = answers.outputs["probabilities"]
        columns["probability"] = probabilities.max(axis=1)
        columns |= {f"probability_{one}": probabilities[:, at] for at, one in enumerate(answers.classes)}
    return pd.DataFrame(columns)


def _of_classes(answers: Answers, truth: Any) -> dict[str, float]:
    from sklearn.metrics import recall_score

    if "label" not in answers.outputs:
        return {}
    classes = sorted(set(truth.tolist()))
    recalls = recall_score(truth, answers.outputs["label"], labels=classes, average=None, zero_division=0)
    return {f"recall_{one}": float(recall) for one, recall in zip(classes, recalls, strict=True)}


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


_Table = dict[str, Callable[[Answers, Any], float]]
_OF_LABELS: _Table = {
    "accuracy": _sklearn("accuracy_score", "label"),
    "f1_macro": _sklearn("f1_score", "label", average="macro", zero_division=0),
}
_OF_PROBABILITIES: _Table = {"log_loss": _log_loss}
_OF_VALUES: _Table = {
    name: _sklearn(function, "value")
    for name, function in {
        "r2": "r2_score",
        "mean_absolute_error": "mean_absolute_error",
        "root_mean_squared_error": "root_mean_squared_error",
    }.items()
}
