"""Metrics as one score for each row, more being better: what a paired comparison draws from.

A metric that is no mean over rows, such as a macro average, is asked of every draw instead.
"""

from collections.abc import Callable
from typing import Any

from ona_pipeline.validate.answers import Answers


def of_rows(metric: str, answers: Answers, truth: Any) -> Any:
    """The score of each row, shape (n,), NaN where the metric does not look at it; None where it has none.

    Args:
        metric: its name, as `metrics.measure` calls it.
        answers: finite, one for each row.
        truth: shape (n,).
    """
    import numpy as np

    if metric.startswith("recall_"):
        looked_at = truth.astype(str) == metric.removeprefix("recall_")
        return np.where(looked_at, _hits(answers, truth), np.nan)
    return _SCORES[metric](answers, truth) if metric in _SCORES else None


def _hits(answers: Answers, truth: Any) -> Any:
    return (answers.outputs["label"].reshape(len(truth)) == truth).astype(float)


def _log_likelihood(answers: Answers, truth: Any) -> Any:
    import numpy as np

    probabilities = answers.outputs["probabilities"]
    of_truth = (np.array(answers.classes)[None, :] == truth[:, None]) * probabilities
    # As scikit-learn's log_loss: no probability is nearer to zero than its type can tell from it.
    return np.log(np.maximum(of_truth.sum(axis=1), np.finfo(probabilities.dtype).eps))


def _closeness(answers: Answers, truth: Any) -> Any:
    """Minus the Brier score of each row, all classes added up: 0 at best, -2 at worst."""
    import numpy as np

    is_truth = np.array(answers.classes)[None, :] == truth[:, None]
    return -((answers.outputs["probabilities"] - is_truth) ** 2).sum(axis=1)


def _nearness(answers: Answers, truth: Any) -> Any:
    return -abs(answers.outputs["value"].reshape(len(truth)) - truth)


_SCORES: dict[str, Callable[[Answers, Any], Any]] = {
    "accuracy": _hits,
    "brier": _closeness,
    "log_loss": _log_likelihood,
    "mean_absolute_error": _nearness,
}


def nearer(candidate: Answers, champion: Answers, truth: Any) -> Any:
    """For each row 1 where the candidate is nearer to the truth, -1 where the champion is, else 0."""
    import numpy as np

    score = _hits if "label" in candidate.outputs else _nearness
    return np.sign(score(candidate, truth) - score(champion, truth)).astype(int)
