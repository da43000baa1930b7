"""The one screen before a decision: 80 columns, no colour needed."""

import textwrap
from datetime import datetime
from typing import TYPE_CHECKING

from ona_pipeline.cli import output

if TYPE_CHECKING:
    from ona_pipeline.approve.differences import MetricChange
    from ona_pipeline.approve.review import Review
    from ona_pipeline.records.waiver import Waiver

_MEBI = 2**20
_MOST = 8
_COLUMNS = 80
_NAMES = 16


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
        *_field("what", f"{origins.revision}, commit {origins.commit[:12]}"),
        *_field("image", review.image.repository),
        # On a line of its own, the one thing that is never cut: it is compared letter by letter.
        f"    {review.image.digest}",
        *_field("where", review.target),
        *_field("asked by", f"{review.requested_by.name} at {_time(review.requested_at)} (a claim)"),
        *(_field("note", review.note) if review.note else []),
        *_said(review),
        *_field("instead of", review.champion or "nothing: the first release here"),
        *(_field("on hold", review.held) if review.held else []),
        *(line for one in review.unmet for line in _field("waits", one.sentence)),
        *(line for one in review.waivers for line in _waiver(one)),
        "",
        *_gates(review),
        "",
        *_metrics(review),
        *_field("image size", _size(review)),
        *_field("packages", _packages(review)),
        "",
        *_field("on yes", review.on_yes),
        *_field("expires", _time(review.expires_at)),
        *_field("look deeper", review.look_deeper[0]),
        *(line for command in review.look_deeper[1:] for line in _field("", command)),
    ]


def _waiver(waiver: "Waiver") -> list[str]:
    until = f"by {waiver.by.name} until {waiver.expires}"
    return _field("waived", f"{waiver.name} {until}: {waiver.fact.reason}")


def _said(review: "Review") -> list[str]:
    """Who said yes so far; nothing where one person's yes is enough."""
    if review.quorum == 1:
        return []
    said = [
        f"{one.who} at {_time(one.at)}{f': {one.reason}' if one.reason else ''}"
        for one in review.endorsements
    ]
    head, *more = said or ["nobody yet"]
    lines = _field("said yes", f"{len(said)} of {review.quorum}: {head}")
    return lines + [line for text in more for line in _field("", text)]


def _field(name: str, value: str) -> list[str]:
    """A name and its value, in as many lines as it takes."""
    width = _COLUMNS - _NAMES
    first, *more = textwrap.wrap(output.harmless(value), width, break_on_hyphens=False) or [""]
    head = (
        [f"  {name:<{_NAMES - 2}}{first}"]
        if len(name) < _NAMES - 2
        else [f"  {name}", f"{'':<{_NAMES}}{first}"]
    )
    return head + [f"{'':<{_NAMES}}{line}" for line in more]


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _gates(review: "Review") -> list[str]:
    found = []
    for gate in review.gates:
        found += _field(gate.stage, gate.verdict)
        for finding in gate.findings:
            word = "waived, " if finding.severity == "waived" else ""
            found += _field("", f"{word}{finding.code}: {finding.subject}: {finding.sentence}")
    return found


def _metrics(review: "Review") -> list[str]:
    found = [line for metric in review.metrics[:_MOST] for line in _metric(metric)]
    left = len(review.metrics) - _MOST
    return found + (_field("", f"and {left} more: ona show {review.release}") if left > 0 else [])


def _metric(metric: "MetricChange") -> list[str]:
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
    left = len(review.packages) - _MOST
    return ", ".join(changes) + (f", and {left} more" if left > 0 else "")
