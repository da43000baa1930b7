"""Lines on a terminal: names and values in columns, no line wider than asked, colour where it is wanted."""

import os
import sys
from typing import NamedTuple

from ona_pipeline.cli.output import harmless

NAMES = 16
_TONES = {"title": "1", "good": "32", "doubt": "33", "bad": "31"}


class Line(NamedTuple):
    """One line, and how it is meant: ``title``, ``good``, ``doubt``, ``bad``, or empty."""

    text: str
    tone: str = ""

    def painted(self) -> str:
        """The line in colour; indentation is left alone."""
        if self.tone not in _TONES:
            return self.text
        bare = self.text.lstrip()
        return f"{self.text[: len(self.text) - len(bare)]}\x1b[{_TONES[self.tone]}m{bare}\x1b[0m"


def field(name: str, value: str, width: int, *, most: int = 0, tone: str = "") -> list[Line]:
    """A name and its value, in as many lines as it takes.

    Args:
        name: may be empty, for more of the field before.
        value: somebody else's words, perhaps: made harmless, and broken at white space alone.
        width: of the terminal, in cells.
        most: how many lines the value may take; what is left over is cut, visibly. 0: all of it.
        tone: of each line.
    """
    lines = wrapped(value, width - NAMES)
    if most and len(lines) > most:
        lines = [*lines[: most - 1], _cut(lines[most - 1], width - NAMES)]
    label = harmless(name)
    fits = len(label) < NAMES - 2
    head = (
        [f"  {label:<{NAMES - 2}}{lines[0]}".rstrip()] if fits else [*_labels(label, width), _under(lines[0])]
    )
    return [Line(text, tone) for text in (*head, *map(_under, lines[1:]))]


def wrapped(value: str, width: int) -> list[str]:
    """The words of `value` in lines of at most `width` cells; a word that is longer is broken."""
    from rich.cells import cell_len, chop_cells

    pieces = [piece for word in harmless(value).split() for piece in chop_cells(word, width)]
    lines = [""]
    for piece in pieces:
        longer = f"{lines[-1]} {piece}".lstrip()
        if cell_len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(piece)
    return lines


def wants_colour() -> bool:
    """Whether standard error goes to a terminal that has colours, and nobody asked for none.

    Source:
        no-color.org: NO_COLOR, present and not empty.
    """
    has_colours = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return has_colours and not os.environ.get("NO_COLOR")


def _labels(label: str, width: int) -> list[str]:
    return [f"  {text}" for text in wrapped(label, width - 2)]


def _under(text: str) -> str:
    return f"{'':<{NAMES}}{text}"


def _cut(text: str, width: int) -> str:
    from rich.cells import set_cell_size

    return f"{set_cell_size(text, width - 4).rstrip()} ..."
