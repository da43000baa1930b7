"""Parts of the evaluation data that are judged on their own too."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from ona_pipeline.records.declaration import SliceBy
from ona_pipeline.records.finding import Finding

MOST = 100
_CODE = "slice-unusable"


def cut(frame: Any, declared: tuple[SliceBy, ...]) -> dict[str, Any] | Finding:
    """Name of each slice to which rows are in it, shape (n,), in the order of declaration and value.

    Args:
        frame: pandas DataFrame, all columns.
        declared: by which columns.
    """
    found: dict[str, Any] = {}
    for by in declared:
        if by.column not in frame.columns:
            return _finding(by.column, f"wanted a column of that name, found {list(frame.columns)[:20]}")
        try:
            found |= dict(_parts(frame[by.column], by))
        except TypeError as error:
            return _finding(by.column, f"wanted numbers between its edges, found others: {error}")
        if len(found) > MOST:
            return _finding(by.column, f"wanted at most {MOST} slices in all, found more; give it edges")
    return found


def _parts(column: Any, by: SliceBy) -> Iterator[tuple[str, Any]]:
    name = by.column
    yield from _between(column, name, sorted(by.edges)) if by.edges else _values(column, name)
    if column.isna().any():
        yield f"{name} missing", column.isna().to_numpy()


def _values(column: Any, name: str) -> Iterator[tuple[str, Any]]:
    for value in sorted(column.dropna().unique().tolist()[: MOST + 1], key=_order):
        yield f"{name}={value}", (column == value).to_numpy()


def _between(column: Any, name: str, edges: list[float]) -> Iterator[tuple[str, Any]]:
    yield f"{name}<{edges[0]:g}", (column < edges[0]).to_numpy()
    for low, high in pairwise(edges):
        yield f"{low:g}<={name}<{high:g}", ((column >= low) & (column < high)).to_numpy()
    yield f"{name}>={edges[-1]:g}", (column >= edges[-1]).to_numpy()


def _order(value: Any) -> tuple[bool, Any]:
    return isinstance(value, str), value


def _finding(column: str, what: str) -> Finding:
    return Finding(_CODE, column, f"data.slices: column {column!r}: {what}")
