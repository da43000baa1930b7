"""Answers: rich at a terminal, plain when piped, JSON when asked for."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any


def line(text: str = "") -> None:
    """One line of the answer."""
    sys.stdout.write(f"{harmless(text)}\n")


def note(text: str) -> None:
    """One line beside the answer, for the person."""
    sys.stderr.write(f"{harmless(text)}\n")
    sys.stderr.flush()


def painted(text: str) -> None:
    """One line beside the answer whose colours are ours: its words were made harmless before."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def harmless(text: str) -> str:
    """The text without what could move a terminal's cursor, colour it or turn the direction of writing.

    File names, notes and reasons are somebody else's words, and a person decides by what the screen says.
    """
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def json(record: Any) -> None:
    """The record as one line of canonical JSON."""
    from ona_pipeline.records.canonical import encode

    sys.stdout.write(encode(record).decode() + "\n")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Rows under headings: drawn at a terminal; tab-separated, for programs, when piped."""
    if not sys.stdout.isatty():
        for row in rows:
            line("\t".join(" ".join(cell.split()) for cell in row))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*columns, box=SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        drawn.add_row(*(Text(harmless(cell)) for cell in row))
    Console().print(drawn)
