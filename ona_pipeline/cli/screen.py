"""The one screen before a decision: at most 100 columns, no colour needed."""

from datetime import datetime
from typing import TYPE_CHECKING

from ona_pipeline.cli import output

if TYPE_CHECKING:
    from ona_pipeline.approve.differences import MetricChange
    from ona_pipeline.approve.review import Review

_MEBI = 2**20
_MOST = 8


def show(review: "Review") -> None:
    """Write the review to standard error, where the question will stand too."""
    for text in lines(review):
        output.note(text)


def lines(review: "Review") -> list[str]:
    """The screen, line by line."""
    origins = review.origins
    return [
        f"{review.model} to {review.environment}: {review.release}",
        "",
        _field("what", f"{origins.revision}, commit {origins.commit[:12]}"),
        _field("image", f"{review.image.digest}"),
        _field("where", review.target),
        _field("asked by", f"{review.requested_by.name} at {_time(review.requested_at)} (a claim)"),
        *([_field("note", review.note)] if review.note else []),
        _field("instead of", review.champion or "nothing: the first release here"),
        *([_field("on hold", review.held)] if review.held else []),
        "",
        *_gates(review),
        "",
        *[_metric(metric) for metric in review.metrics[:_MOST]],
        _field("image size", _size(review)),
        _field("packages", _packages(review)),
        "",
        _field("on yes", review.on_yes),
        _field("expires", _time(review.expires_at)),
        _field("look deeper", "; ".join(review.look_deeper)),
    ]


def _field(name: str, value: str) -> str:
    return f"  {name:<12}{value}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _gates(review: "Review") -> list[str]:
    found = []
    for gate in review.gates:
        found.append(_field(gate.stage, gate.verdict))
        found += [_field("", f"{f.code}: {f.subject}: {f.sentence}") for f in gate.findings]
    return found


def _metric(metric: "MetricChange") -> str:
    against = ""
    if metric.champion is not None and metric.change is not None:
        against = f"   now {metric.champion:.4f}, change {metric.change:+.4f}"
    return _field(metric.name, f"{metric.value:.4f}{against}")


def _size(review: "Review") -> str:
    size = f"{review.size_bytes / _MEBI:.1f} MiB compressed"
    if review.champion_size_bytes is None:
        return size
    return f"{size}, change {(review.size_bytes - review.champion_size_bytes) / _MEBI:+.1f} MiB"


def _packages(review: "Review") -> str:
    if not review.packages:
        return "as served now" if review.champion else "nothing to compare with"
    changes = [f"{p.name} {p.before or 'none'} -> {p.after or 'none'}" for p in review.packages[:_MOST]]
    return ", ".join(changes)
