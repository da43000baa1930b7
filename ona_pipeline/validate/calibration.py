"""Whether probabilities mean what they say, and which classes are taken for which."""

from typing import Any

from ona_pipeline.records.quality import CalibrationBin, Confusion
from ona_pipeline.validate.answers import Answers
from ona_pipeline.validate.counting import count

_BINS = 15
_MOST_CLASSES = 50


def bins(answers: Answers, truth: Any) -> tuple[CalibrationBin, ...]:
    """Rows by the probability of their likeliest class, in 15 parts of equal width, empty ones left out."""
    import numpy as np

    if "probabilities" not in answers.outputs:
        return ()
    confidence = np.clip(answers.outputs["probabilities"].max(axis=1).astype(float), 0.0, 1.0)
    right = (answers.main.reshape(len(truth)) == truth).astype(float)

    def added_up(each: Any) -> Any:
        return np.histogram(confidence, _BINS, (0.0, 1.0), weights=each)[0]

    rows, sums = added_up(np.ones_like(confidence)), (added_up(confidence), added_up(right))
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
    if "label" not in answers.outputs:
        return None
    counted = count(answers, truth)
    if len(counted.classes) > _MOST_CLASSES:
        return None
    return Confusion(
        tuple(str(one) for one in counted.classes), tuple(tuple(row) for row in counted.table.tolist())
    )
