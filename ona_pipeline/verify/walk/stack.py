"""The stack that a pickle works on, with its marks; no more values at once than a pickler leaves there."""

from ona_pipeline.verify.walk.interface import MalformedError
from ona_pipeline.verify.walk.values import Value

_MOST = 1 << 18


class Stack:
    """Values, and the places that marks were set at; nothing below the last mark can be reached."""

    __slots__ = ("_floor", "_marks", "_values")

    def __init__(self) -> None:
        self._values: list[Value] = []
        self._marks: list[int] = []
        self._floor = 0

    def push(self, value: Value) -> None:
        """Put a value on top."""
        self._values.append(value)
        if len(self._values) > _MOST:
            raise MalformedError("too-large", "more", wanted=f"at most {_MOST} values at once in a pickle")

    def pop(self, count: int) -> list[Value]:
        """Take the topmost values, lowest first."""
        if len(self._values) - count < self._floor:
            raise MalformedError("pickle-malformed", "an operation that misses its values")
        taken = self._values[-count:]
        del self._values[-count:]
        return taken

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
        taken = self._values[self._floor :]
        del self._values[self._floor :]
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
