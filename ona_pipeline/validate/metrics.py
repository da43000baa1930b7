"""How right the answers are, in numbers, and as a table of predictions."""

from collections.abc import Iterator
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
    if "label" in answers.outputs:
        return _classification(answers, truth)
    return _regression(answers.outputs["value"], truth)


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


def _classification(answers: Answers, truth: Any) -> dict[str, float]:
    from sklearn.metrics import accuracy_score, f1_score, log_loss, recall_score

    label = answers.outputs["label"]
    if label.ndim != 1 or (label.dtype.kind == "U") != (truth.dtype.kind in "OU"):
        raise ValueError(
            f"labels of type {label.dtype} and shape {label.shape} for a truth of type {truth.dtype}"
        )
    classes = sorted(set(truth.tolist()))
    recalls = recall_score(truth, label, labels=classes, average=None, zero_division=0)
    measured = {
        "accuracy": accuracy_score(truth, label),
        "f1_macro": f1_score(truth, label, average="macro", zero_division=0),
        **{f"recall_{one}": recall for one, recall in zip(classes, recalls, strict=True)},
    }
    if "probabilities" in answers.outputs:
        measured["log_loss"] = log_loss(truth, answers.outputs["probabilities"], labels=list(answers.classes))
    return {name: float(value) for name, value in measured.items()}


def _regression(value: Any, truth: Any) -> dict[str, float]:
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    return {
        "r2": float(r2_score(truth, value)),
        "mean_absolute_error": float(mean_absolute_error(truth, value)),
        "root_mean_squared_error": float(root_mean_squared_error(truth, value)),
    }
