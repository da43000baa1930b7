"""The operations of a pickle that move values about: stack, memo, and the filling of containers."""

from ona_pipeline.verify.walk.interface import MalformedError
from ona_pipeline.verify.walk.memo import Memo, is_memoisable
from ona_pipeline.verify.walk.reader import Reader
from ona_pipeline.verify.walk.stack import Stack
from ona_pipeline.verify.walk.values import EMPTY, Dict, Kind, Made, Value, dict_with, said, tuple_of

_MAPPINGS = {"collections.OrderedDict", "collections.defaultdict", "sklearn.utils._bunch.Bunch"}


class Moves:
    """One method for each operation, called as the operation with an underline before it.

    Args:
        reader: gives the operations' arguments.
        max_depth: how many values may lie in each other.
    """

    def __init__(self, reader: Reader, max_depth: int) -> None:
        self._reader = reader
        self._stack = Stack(max_depth)
        self._memo = Memo()
        # Whether the topmost value was remembered, or is no new one: a pickler remembers each value once.
        self._memoised = False

    # Stack and memo.

    def _made(self, value: Value) -> None:
        self._stack.push(value)
        self._memoised = False

    def _made_around(self, value: Value) -> None:
        self._stack.push_around(value)
        self._memoised = False

    def _mark(self) -> None:
        self._stack.mark()

    def _pop(self) -> None:
        self._stack.pop_value_or_mark()
        self._memoised = True

    def _pop_mark(self) -> None:
        self._stack.since_mark()
        self._memoised = True

    def _memoize(self) -> None:
        value = self._stack.top()
        if self._memoised or not is_memoisable(value):
            raise malformed(f"{said(value)} remembered twice, or for nothing")
        self._memo.put(value)
        self._stack.keep()
        self._memoised = True

    def _put_at(self, number: int) -> None:
        if number != len(self._memo):
            raise malformed(f"memo {number} out of turn", wanted=f"memo {len(self._memo)}")
        self._memoize()

    def _put(self) -> None:
        self._put_at(self._number())

    def _binput(self) -> None:
        self._put_at(self._reader.take(1)[0])

    def _long_binput(self) -> None:
        self._put_at(int.from_bytes(self._reader.take(4), "little"))

    def _get_at(self, number: int) -> None:
        self._stack.push_kept(self._memo.get(number), number)
        self._memoised = True

    def _get(self) -> None:
        self._get_at(self._number())

    def _binget(self) -> None:
        self._get_at(self._reader.take(1)[0])

    def _long_binget(self) -> None:
        self._get_at(int.from_bytes(self._reader.take(4), "little"))

    def _number(self) -> int:
        line, _ = self._reader.line()
        if not line.isdigit() or len(line) > 10:  # noqa: PLR2004  four thousand million values
            raise malformed("a memo that is no number")
        return int(line)

    # Containers.

    def _tuple(self) -> None:
        self._made_around(tuple_of(self._stack.since_mark()))

    def _tuple1(self) -> None:
        self._made_around(tuple_of(self._stack.pop(1)))

    def _tuple2(self) -> None:
        self._made_around(tuple_of(self._stack.pop(2)))

    def _tuple3(self) -> None:
        self._made_around(tuple_of(self._stack.pop(3)))

    def _list(self) -> None:
        if self._stack.since_mark():
            raise malformed("a list that is written at once")
        self._made(Kind.LIST)

    def _dict(self) -> None:
        if self._stack.since_mark():
            raise malformed("a dictionary that is written at once")
        self._made(EMPTY)

    def _frozenset(self) -> None:
        self._stack.since_mark()
        self._made_around(Kind.SET)

    def _append(self) -> None:
        self._stack.pop(1)
        self._into(Kind.LIST)

    def _appends(self) -> None:
        self._stack.since_mark()
        self._into(Kind.LIST)

    def _additems(self) -> None:
        self._stack.since_mark()
        self._into(Kind.SET)

    def _into(self, kind: Kind) -> None:
        if self._stack.top() is not kind:
            raise malformed(f"values put into {said(self._stack.top())}", wanted=f"{kind.value}")
        self._stack.fill(kind)
        self._memoised = True

    def _setitem(self) -> None:
        self._set(self._stack.pop(2))

    def _setitems(self) -> None:
        items = self._stack.since_mark()
        if len(items) % 2:
            raise malformed("a key without a value")
        self._set(items)

    def _set(self, items: list[Value]) -> None:
        target = self._stack.top()
        if isinstance(target, Dict):
            target = dict_with(target, items)
        elif not isinstance(target, Made) or target.by not in _MAPPINGS:
            raise MalformedError("state-not-allowed", f"entries set on {said(target)}", wanted="a dictionary")
        self._stack.fill(target)
        self._memoised = True


def malformed(found: str, wanted: str = "a pickle as Python writes it") -> MalformedError:
    """The error for what no pickler writes."""
    return MalformedError("pickle-malformed", found, wanted=wanted)
