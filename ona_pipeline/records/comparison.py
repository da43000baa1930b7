"""Champion and candidate on the same rows: how far apart, how sure of it, and where they answer otherwise."""

from enum import StrEnum
from typing import Literal

import msgspec

LESS_IS_BETTER = frozenset(
    {"log_loss", "brier", "calibration_error", "mean_absolute_error", "root_mean_squared_error"}
)
"""The metrics of which less is better; a gain is measured the other way round."""

Effect = Literal["better", "worse", "neither"]


class Standing(StrEnum):
    """What a comparison says of the candidate."""

    NOT_WORSE = "not worse"
    WORSE = "worse"
    UNDECIDED = "undecided"


class Gain(msgspec.Struct, frozen=True):
    """How much better the candidate is, in the metric's unit: above zero is better, whatever the metric.

    Attributes:
        value: on the rows compared.
        low: lower end of its confidence interval.
        high: upper end of its confidence interval.
    """

    value: float
    low: float
    high: float

    def standing(self, margin: float) -> Standing:
        """By the interval: all of it above `-margin`, all of it below, or across it."""
        if self.low >= -margin:
            return Standing.NOT_WORSE
        return Standing.WORSE if self.high < -margin else Standing.UNDECIDED


class ChangedAnswer(msgspec.Struct, frozen=True):
    """One row that champion and candidate answer differently.

    Attributes:
        row: its place in the evaluation data; the first is 0.
        truth: what is right, as text.
        champion: what the champion answered, as text.
        candidate: what the candidate answered, as text.
        effect: whether the candidate is nearer to the truth.
        slices: names of the slices that the row is in.
    """

    row: int
    truth: str
    champion: str
    candidate: str
    effect: Effect
    slices: tuple[str, ...] = ()


class SliceComparison(msgspec.Struct, frozen=True):
    """The comparison within one slice of the rows.

    Attributes:
        name: ``column=value``.
        rows: rows in it.
        champion_value: on these rows, in the metric's unit.
        candidate_value: on these rows, in the metric's unit.
        changed_answers: rows in it to which they answer differently.
        gain: how much better the candidate is; None where the rows are too few, or the metric has no value.
        standing: what that says.
    """

    name: str
    rows: int
    champion_value: float
    candidate_value: float
    changed_answers: int
    gain: Gain | None
    standing: Standing


class Comparison(msgspec.Struct, frozen=True):
    """Champion and candidate on the same rows.

    Attributes:
        champion: the release that is served now.
        metric: what was compared.
        champion_value: on these rows, in the metric's unit.
        candidate_value: on these rows, in the metric's unit.
        margin: how much worse would still have passed.
        changed_answers: rows to which they answer differently.
        rows: rows compared.
        gain: how much better the candidate is, with how sure that is; None in evidence that knew no interval.
        confidence: level of every interval, such as 0.95.
        min_rows: fewer rows than these decide nothing.
        interval_rows: rows that the interval was drawn from: all of `rows`, or a seeded sample of them.
        standing: what the whole of it says; None in evidence that knew no interval.
        slices: the same within each slice.
        changed: the rows answered differently, the worse ones first; not more than `MOST_CHANGED` of them.
    """

    champion: str
    metric: str
    champion_value: float
    candidate_value: float
    margin: float
    changed_answers: int
    rows: int
    gain: Gain | None = None
    confidence: float = 0.0
    min_rows: int = 0
    interval_rows: int = 0
    standing: Standing | None = None
    slices: tuple[SliceComparison, ...] = ()
    changed: tuple[ChangedAnswer, ...] = ()


MOST_CHANGED = 50
