"""The one screen before a decision: one page, in at most 100 columns, no colour needed."""

import shutil
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ona_pipeline.cli import output, screen_metrics
from ona_pipeline.cli.layout import Line, field, wants_colour, wrapped
from ona_pipeline.cli.screen_gates import gates

if TYPE_CHECKING:
    from ona_pipeline.approve.differences import PackageChange
    from ona_pipeline.approve.review import Review
    from ona_pipeline.records.waiver import Waiver

_MEBI = 2**20
_WIDEST, _NARROWEST = 100, 40
_PACKAGES = 6
_NOTE_LINES = 4


def show(review: "Review") -> None:
    """Write the review to standard error, where the question will stand too."""
    columns = shutil.get_terminal_size().columns
    paints = wants_colour()
    for line in lines(review, columns):
        output.painted(line.painted() if paints else line.text)


def lines(review: "Review", columns: int) -> list[Line]:
    """The screen, line by line.

    What is usual fits a page of 40 lines. So that it does, a long note is cut after four lines, metrics after
    eight, findings after five and packages after six, each with the command that has the rest. Holds,
    waivers, what keeps a yes waiting, and the digest are never cut.

    Args:
        review: what a decision would change.
        columns: of the terminal; no line is wider, and none wider than 100.
    """
    width = max(min(columns, _WIDEST), _NARROWEST)
    return [
        *_title(review, width),
        Line(""),
        *_what(review, width),
        *_who(review, width),
        *_in_the_way(review, width),
        Line(""),
        *gates(review, width),
        Line(""),
        *screen_metrics.metrics(review, width),
        *field("image size", _size(review), width),
        *field("packages", _packages(review), width),
        Line(""),
        *field("on yes", review.on_yes, width),
        *field("expires", f"{_time(review.expires_at)}, {_left(review.expires_at - review.seen_at)}", width),
        *(line for name, command in _commands(review) for line in field(name, command, width)),
    ]


def _title(review: "Review", width: int) -> list[Line]:
    title = f"{review.model} to {review.environment}: {review.release}"
    return [Line(text, "title") for text in wrapped(title, width)]


def _what(review: "Review", width: int) -> list[Line]:
    origins, tone = review.origins, "doubt"
    serving = f"{review.serving}, set by another hand; on yes it is replaced"
    tag = f"the release's tag leads to {review.tag} now; what would run is the digest above"
    return [
        *field("what", f"{origins.revision}, commit {origins.commit[:12]}", width),
        *field("image", review.image.repository, width),
        # On a line of its own where it fits: it is compared letter by letter.
        *(Line(f"    {text}") for text in wrapped(review.image.digest, width - 4)),
        *(field("tag", tag, width, tone=tone) if review.tag else []),
        *field("where", review.target, width),
        *field("instead of", review.champion or "nothing: the first release here", width),
        *(field("serving", serving, width, tone=tone) if review.serving else []),
    ]


def _who(review: "Review", width: int) -> list[Line]:
    asked = f"{review.requested_by.name} at {_time(review.requested_at)} (a claim)"
    return [
        *field("asked by", asked, width),
        *(field("note", review.note, width, most=_NOTE_LINES) if review.note else []),
        *_said(review, width),
    ]


def _said(review: "Review", width: int) -> list[Line]:
    """Who said yes so far; nothing where one person's yes is enough."""
    if review.quorum == 1:
        return []
    said = [
        f"{one.who} at {_time(one.at)}{f': {one.reason}' if one.reason else ''}"
        for one in review.endorsements
    ]
    head, *more = said or ["nobody yet"]
    first = field("said yes", f"{len(said)} of {review.quorum}: {head}", width)
    return first + [line for text in more for line in field("", text, width)]


def _in_the_way(review: "Review", width: int) -> list[Line]:
    """What keeps a yes waiting, and what was taken for granted: never cut."""
    found = field("on hold", review.held, width, tone="doubt") if review.held else []
    for one in review.unmet:
        found += field("waits", one.sentence, width, tone="doubt")
    for waiver in review.waivers:
        found += field("waived", _waiver(waiver), width, tone="doubt")
    return found


def _waiver(waiver: "Waiver") -> str:
    return f"{waiver.name} by {waiver.by.name} until {waiver.expires}: {waiver.fact.reason}"


def _size(review: "Review") -> str:
    size = f"{review.size_bytes / _MEBI:.1f} MiB compressed"
    if review.champion_size_bytes is None:
        return size
    return f"{size}, change {(review.size_bytes - review.champion_size_bytes) / _MEBI:+.1f} MiB"


def _packages(review: "Review") -> str:
    if not review.packages:
        return "as served now" if review.champion else "nothing to compare with"
    changes = [_package(package) for package in review.packages[:_PACKAGES]]
    left = len(review.packages) - _PACKAGES
    more = f", and {left} more: ona approve {review.release} --json" if left > 0 else ""
    return f"{len(review.packages)} changed: {', '.join(changes)}{more}"


def _package(package: "PackageChange") -> str:
    if not package.before:
        return f"{package.name} {package.after} added"
    return f"{package.name} {package.before} {f'-> {package.after}' if package.after else 'removed'}"


def _commands(review: "Review") -> list[tuple[str, str]]:
    names = ["look deeper", *("" for _ in review.look_deeper[1:])]
    return list(zip(names, review.look_deeper, strict=True))


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _left(time: timedelta) -> str:
    """A length of time in words, rounded down: ``in 6 days``."""
    for unit in ("days", "hours", "minutes"):
        if (count := time // timedelta(**{unit: 1})) >= 1:
            return f"in {count} {unit if count > 1 else unit.removesuffix('s')}"
    return "in less than a minute" if time > timedelta() else "which is over"
