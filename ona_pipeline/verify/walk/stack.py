"""The stack that a pickle works on, with its marks; no more values at once than a pickler leaves there."""

from ona_pipeline.verify.walk.depths import Depths
from ona_pipeline.verify.walk.interface import MalformedError
from ona_pipeline.verify.walk.values import Value, can_grow

_MOST = 1 << 18


class Stack:
    """Values, and the places that marks were set at; nothing below the last mark can be reached.

    Args:
        max_depth: how many values may lie in each other.

    Attributes:
        taken_depth: of the deepest value among those that were taken last.
    """

    __slots__ = ("_depths", "_floor", "_marks", "_values", "taken_depth")

    def __init__(self, max_depth: int) -> None:
        self._depths = Depths(max_depth)
        self.taken_depth = 0
        self._values: list[Value] = []
        self._marks: list[int] = []
        self._floor = 0

    def push(self, value: Value) -> None:
        """Put a value on top that holds no other."""
        self._depths.push(0)
        self._push(value)

    def push_around(self, value: Value) -> None:
        """Put a value on top that holds what was taken last."""
        self._depths.push(self.taken_depth + 1)
        self._push(value)

    def push_kept(self, value: Value, number: int) -> None:
        """Put a value on top that the memo has under `number`."""
        self._depths.fetch(number)
        self._push(value)

    def keep(self) -> None:
        """Say that the topmost value has the next number in the memo."""
        self._depths.keep(can_grow=can_grow(self._values[-1]))

    def fill(self, value: Value) -> None:
        """Put `value`, which is the topmost one with what was taken last inside it, in its place."""
        self._depths.grow(self.taken_depth + 1)
        self._values[-1] = value

    def pop(self, count: int) -> list[Value]:
        """Take the topmost values, lowest first."""
        if len(self._values) - count < self._floor:
            raise MalformedError("pickle-malformed", "an operation that misses its values")
        return self._take(len(self._values) - count)

    def top(self) -> Value:
        """The topmost value, which stays."""
        if len(self._values) <= self._floor:
            raise MalformedError("pickle-malformed", "an operation that misses its value")
        return self._values[-1]

    def mark(self) -> None:
        """Set a mark."""
        self._marks.append(self._floor)
        self._floor = len(self._values)
        if len(self._marks) > _MOST:
            raise MalformedError("too-large", "more", wanted=f"at most {_MOST} marks at once in a pickle")

    def since_mark(self) -> list[Value]:
        """Take the last mark, and everything above it."""
        if not self._marks:
            raise MalformedError("pickle-malformed", "an operation that misses its mark")
        taken = self._take(self._floor)
        self._floor = self._marks.pop()
        return taken

    def pop_value_or_mark(self) -> None:
        """Take the topmost value, or the mark where none is above it: pickle.py, `load_pop`."""
        if self._marks and self._floor == len(self._values):
            self.since_mark()
        else:
            self.pop(1)

    def finish(self) -> None:
        """Hold that one value is left, and no mark."""
        if len(self._values) != 1 or self._marks:
            raise MalformedError(
                "pickle-malformed", f"{len(self._values)} values at its end, or an open mark"
            )

    def _push(self, value: Value) -> None:
        self._values.append(value)
        if len(self._values) > _MOST:
            raise MalformedError("too-large", "more", wanted=f"at most {_MOST} values at once in a pickle")

    def _take(self, start: int) -> list[Value]:
        taken = self._values[start:]
        del self._values[start:]
        self.taken_depth = self._depths.take(start)
        return taken
