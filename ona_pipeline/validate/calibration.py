"""Whether probabilities mean what they say, and which classes are taken for which."""

from typing import Any

from ona_pipeline.records.quality import CalibrationBin, Confusion
from ona_pipeline.validate.answers import Answers

_BINS = 15
_MOST_CLASSES = 50


def bins(answers: Answers, truth: Any) -> tuple[CalibrationBin, ...]:
    """Rows by the probability of their likeliest class, in 15 parts of equal width, empty ones left out."""
    import numpy as np
    from scipy.stats import binned_statistic

    if "probabilities" not in answers.outputs:
        return ()
    confidence = np.clip(answers.outputs["probabilities"].max(axis=1).astype(float), 0.0, 1.0)
    right = (answers.main == truth).astype(float)
    rows, _, _ = binned_statistic(confidence, confidence, "count", _BINS, (0.0, 1.0))
    sums, _, _ = binned_statistic(confidence, [confidence, right], "sum", _BINS, (0.0, 1.0))
    return tuple(
        CalibrationBin(float(sure / count), float(correct / count), int(count))
        for count, sure, correct in zip(rows, *sums, strict=True)
        if count
    )


def expected_error(found: tuple[CalibrationBin, ...]) -> float:
    """Expected calibration error: how far sureness and rightness are apart, over all rows; in [0, 1]."""
    rows = sum(each.rows for each in found)
    return sum(abs(each.confidence - each.accuracy) * each.rows for each in found) / rows


def confusion(answers: Answers, truth: Any) -> Confusion | None:
    """How often each class was answered for each; None for regression, and for too many classes to read."""
    from sklearn.metrics import confusion_matrix

    if "label" not in answers.outputs:
        return None
    classes = sorted({*truth.tolist(), *answers.main.tolist()})
    if len(classes) > _MOST_CLASSES:
        return None
    counts = confusion_matrix(truth, answers.main, labels=classes).tolist()
    return Confusion(tuple(str(one) for one in classes), tuple(tuple(row) for row in counts))
