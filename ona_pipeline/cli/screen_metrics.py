"""The part of the screen that says how good the candidate is, against what is served now."""

from typing import TYPE_CHECKING

from ona_pipeline.cli.layout import Line, field

if TYPE_CHECKING:
    from ona_pipeline.approve.differences import MetricChange
    from ona_pipeline.approve.review import Review
    from ona_pipeline.records.comparison import Comparison

_METRICS = 8
_LARGE = 10_000
_TINY = 0.001
_SLICES = 3
_TONES = {"not worse": "good", "undecided": "doubt", "worse": "bad"}


def metrics(review: "Review", width: int) -> list[Line]:
    """The metrics, the one that was compared first, then those that became worse."""
    found: list[Line] = []
    for metric in review.metrics[:_METRICS]:
        found += field(metric.name, _metric(metric), width, tone="bad" if metric.is_worse else "")
        if review.comparison and metric.name == review.comparison.metric:
            found += _comparison(review.comparison, review.release, width)
    if (left := len(review.metrics) - _METRICS) > 0:
        found += field("", f"and {left} more: ona show {review.release}", width)
    return found


def _metric(metric: "MetricChange") -> str:
    if metric.champion is None or metric.change is None:
        return _figure(metric.value)
    change = _figure(metric.change, "+") + (", worse" if metric.is_worse else "")
    return f"{_figure(metric.value)}   now {_figure(metric.champion)}, change {change}"


def _figure(value: float, sign: str = "") -> str:
    """Sizes are whole numbers, and large; seconds for a row are tiny; all others are told to four places."""
    if abs(value) >= _LARGE:
        return f"{value:{sign},.0f}"
    return f"{value:{sign}.2g}" if 0 < abs(value) < _TINY else f"{value:{sign}.4f}"


def _comparison(comparison: "Comparison", release: str, width: int) -> list[Line]:
    changed = f"{comparison.changed_answers} of {comparison.rows} answers changed"
    gain, standing = comparison.gain, comparison.standing
    if gain is None or standing is None:
        return field("", changed, width)
    interval = f"{comparison.confidence:.0%} interval {gain.low:+.4f} to {gain.high:+.4f}"
    said = f"gain {gain.value:+.4f}, {interval}: {standing}; {changed}"
    found = field("", said, width, tone=_TONES[standing])
    bad = [one for one in comparison.slices if _TONES[one.standing] != "good"]
    for one in bad[:_SLICES]:
        values = f"{one.candidate_value:.4f}, now {one.champion_value:.4f}, {one.rows} rows"
        said = f"{one.name}: {one.standing}, {values}"
        found += field("", said, width, most=1, tone=_TONES[one.standing])
    if (left := len(bad) - _SLICES) > 0:
        found += field("", f"and {left} more slices: ona show {release} --json", width)
    return found
