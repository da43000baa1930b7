"""The memo of a pickle: values by number, four bytes for each, and parts only while there is room."""

import sys
from array import array

from ona_pipeline.verify.walk.interface import MalformedError
from ona_pipeline.verify.walk.values import Dict, Kind, Tuple, Value, is_special, without_parts

_ROOM_BYTES = 24 << 20
_MOST_KINDS = 20_000


class Memo:
    """What was memoised, numbered from 0 without gaps, as every honest pickler does."""

    def __init__(self) -> None:
        self._numbers = array("I")
        self._values: list[Value] = []
        self._kinds: dict[Value, int] = {}
        self._room_bytes = _ROOM_BYTES

    def __len__(self) -> int:
        return len(self._numbers)

    def put(self, value: Value) -> None:
        """Remember the value under the next number."""
        if isinstance(value, Dict):
            value = Kind.DICT  # it may be filled after this, so what it holds now says nothing
        if isinstance(value, Tuple) or (isinstance(value, str) and not is_special(value)):
            # An entry, a slot in the list, and the value; parts are shared with what is counted already.
            self._room_bytes -= 200 + sys.getsizeof(value)
            if self._room_bytes > 0:
                self._numbers.append(self._add(value))
                return
            value = without_parts(value)
        self._numbers.append(self._number(value))

    def get(self, number: int) -> Value:
        """The value under a number.

        Raises:
            MalformedError: there is none.
        """
        if not 0 <= number < len(self._numbers):
            raise MalformedError("pickle-malformed", f"a reference to memo {number}, which is empty")
        return self._values[self._numbers[number]]

    def _number(self, value: Value) -> int:
        if value not in self._kinds:
            if len(self._kinds) > _MOST_KINDS:
                raise MalformedError("too-large", "more", wanted=f"at most {_MOST_KINDS} names in a pickle")
            self._kinds[value] = self._add(value)
        return self._kinds[value]

    def _add(self, value: Value) -> int:
        self._values.append(value)
        return len(self._values) - 1


def is_memoisable(value: Value) -> bool:
    """Whether a pickler remembers such a value: not numbers, nothing, true and false."""
    return value is not Kind.SCALAR and not isinstance(value, int | None)
