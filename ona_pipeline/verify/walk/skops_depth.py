"""How deep the nodes of a skops archive lie in each other, those counted that are named by number alone."""

from collections.abc import Iterator
from typing import Any

import msgspec

from ona_pipeline.verify.walk.depths import too_deep


class _Open(msgspec.Struct):
    """A part of the schema whose own parts are being counted."""

    number: object
    is_node: bool
    parts: Iterator[Any]
    deepest: int = 0


def judge(schema: dict[str, Any], max_depth: int) -> None:
    """Hold that no more than `max_depth` nodes lie in each other.

    A node whose number was seen before may stand for the earlier one (skops, `get_tree`), so it counts as the
    deepest that had the number. One that lies within itself has no end, and skops gives up on it.

    Raises:
        MalformedError: they do.
    """
    known: dict[object, int] = {}
    path = [_opened(schema)]
    while path:
        top = path[-1]
        part = next(top.parts, None)
        if part is not None:
            path.append(_opened(part))
            continue
        path.pop()
        depth = known[top.number] = max(top.deepest + top.is_node, known.get(top.number, 0))
        if depth > max_depth:
            raise too_deep(max_depth)
        if path:
            path[-1].deepest = max(path[-1].deepest, depth)


def _opened(part: Any) -> _Open:
    is_node = isinstance(part, dict) and "__loader__" in part
    inner = part.values() if isinstance(part, dict) else part
    return _Open(_number(part), is_node, (one for one in inner if isinstance(one, dict | list)))


def _number(part: Any) -> object:
    """What a node is known by; a thing of its own where that is nothing which skops would remember."""
    number = part.get("__id__") if isinstance(part, dict) else None
    return number if number and isinstance(number, int | float | str) else object()
