"""How deep values lie in each other, over every way that a pickle has to nest them.

Most values are finished when something takes them in, so their depth is known. Two ways around that: a
value that is taken in while it is still being filled, as in circles, and one that is filled after it was
taken in. The first makes its owners deeper by what it grows afterwards, which is counted on top of every
depth; the second is what no pickler writes.
"""

from array import array

from ona_pipeline.verify.walk.interface import MalformedError

_FILLING = -1


class Depths:
    """The depth of each value on the stack and in the memo: a number alone has none, what holds it one.

    Args:
        most: how many values may lie in each other.
    """

    __slots__ = ("_deepest", "_grown", "_kept", "_most", "_numbers", "_stacked", "_taken_early")

    def __init__(self, most: int) -> None:
        self._most = most
        self._stacked = array("i")
        # By place on the stack, for what can grow: its number in the memo, from 1; less than zero where it
        # came from there.
        self._numbers = array("i")
        self._kept = array("i")
        self._taken_early: dict[int, int] = {}
        self._deepest = self._grown = 0

    def push(self, depth: int) -> None:
        """A value of this depth is on top."""
        self._stacked.append(depth)
        self._numbers.append(0)
        if depth:
            self._note(depth)

    def keep(self, *, can_grow: bool) -> None:
        """The topmost value has the next number in the memo; it may grow until something takes it in."""
        self._kept.append(_FILLING if can_grow else self._stacked[-1])
        if can_grow:
            self._numbers[-1] = len(self._kept)

    def fetch(self, number: int) -> None:
        """What the memo has under `number` is on top."""
        self._stacked.append(max(0, self._kept[number]))
        self._numbers.append(-1 - number)

    def take(self, start: int) -> int:
        """Take everything from the place `start` on; the depth of the deepest of it."""
        depths, numbers = self._stacked[start:], self._numbers[start:]
        del self._stacked[start:], self._numbers[start:]
        for place, number in enumerate(numbers) if any(numbers) else ():
            if number > 0:
                self._finish(number, depths[place])
            elif number:
                depths[place] = self._again(-number)
        return max(depths, default=0)

    def grow(self, depth: int) -> None:
        """The topmost value has taken in what makes it this deep.

        Raises:
            MalformedError: it is not where it was made any more.
        """
        if self._numbers[-1] < 0:
            raise MalformedError(
                "pickle-malformed",
                "a value filled after something took it in",
                wanted="a pickle as Python writes it",
            )
        self._stacked[-1] = max(self._stacked[-1], depth)
        self._note(depth)

    def _finish(self, number: int, depth: int) -> None:
        self._kept[number - 1] = depth
        if number in self._taken_early:
            self._grown += max(0, depth - self._taken_early.pop(number))

    def _again(self, number: int) -> int:
        if self._kept[number - 1] != _FILLING:
            return self._kept[number - 1]
        self._taken_early.setdefault(number, self._deepest)
        return self._deepest

    def _note(self, depth: int) -> None:
        self._deepest = max(self._deepest, depth)
        if depth + self._grown > self._most:
            raise too_deep(self._most)


def too_deep(most: int) -> MalformedError:
    """The error for values that lie in each other deeper than policy allows."""
    return MalformedError(
        "too-deep", "more", wanted=f"at most {most} values in each other (max_depth in [tool.ona.verify])"
    )
