"""How sure a difference is: seeded bootstrap intervals, paired by row."""

from collections.abc import Callable
from typing import Any

import msgspec

from ona_pipeline.records.comparison import Gain

DRAWS = 2000
# A metric that is no mean over rows is computed anew for every draw.
_DRAWS_OF_A_METRIC = 400
MOST_ROWS = 20_000
_MOST_ROWS_OF_A_METRIC = 5_000
_CELLS = 5_000_000
_SEED = 20261123


class Drawn(msgspec.Struct, frozen=True):
    """A gain with its interval, and how many rows that was drawn from."""

    gain: Gain
    rows: int


NOTHING = Drawn(Gain(float("nan"), float("nan"), float("nan")), 0)


def of_mean(differences: Any, *, confidence: float) -> Drawn:
    """The mean of paired differences and its interval.

    Args:
        differences: shape (n,), candidate less champion, more being better.
        confidence: level, in (0, 1).
    """
    drawn = _sample(len(differences), MOST_ROWS)
    used = differences[drawn]

    def mean(rows: Any, axis: int) -> Any:
        return used[rows].mean(axis=axis)

    low, high = _interval(mean, len(drawn), confidence=confidence, draws=DRAWS, at_once=True)
    return Drawn(Gain(float(differences.mean()), low, high), len(drawn))


def of_metric(difference: Callable[[Any], float], rows: int, *, confidence: float) -> Drawn:
    """A difference that is a function of the rows' indices, and its interval."""
    import numpy as np

    drawn = _sample(rows, _MOST_ROWS_OF_A_METRIC)

    def again(at: Any) -> float:
        return difference(drawn[at])

    low, high = _interval(again, len(drawn), confidence=confidence, draws=_DRAWS_OF_A_METRIC, at_once=False)
    return Drawn(Gain(difference(np.arange(rows)), low, high), len(drawn))


def _sample(rows: int, most: int) -> Any:
    """Indices of all rows, or of a seeded sample of `most`: fewer rows make an interval wider, not surer."""
    import numpy as np

    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(_SEED).choice(rows, most, replace=False))


def _interval(
    statistic: Callable[..., Any], rows: int, *, confidence: float, draws: int, at_once: bool
) -> tuple[float, float]:
    import numpy as np
    from scipy.stats import bootstrap

    found = bootstrap(
        (np.arange(rows),),
        statistic,
        vectorized=at_once,
        n_resamples=draws,
        batch=max(1, _CELLS // rows) if at_once else None,
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(_SEED),
    ).confidence_interval
    return float(found.low), float(found.high)
