"""Pickles of every protocol, read as the programs that they are: followed step by step, and none carried out.

1. Each operation is one that a pickler writes under the protocol that the file declares.
2. Frames end with an operation, values are remembered once and in order, marks and stack are as they must be.
3. Whatever would be imported is a plain module and a plain name, written as text; all of them are collected.
4. Whatever would be called, and the state of every object, is held against `calls.py` and `states.py`.
5. One value is left when the program stops, and the file ends there.

Loading follows the same steps with the same stack, so what this machine has not seen, loading cannot do.
"""

import re
from collections.abc import Callable

from ona_pipeline.verify.walk import calls, opcodes, states
from ona_pipeline.verify.walk.arguments import values_of
from ona_pipeline.verify.walk.interface import Content, MalformedError
from ona_pipeline.verify.walk.moves import Moves, malformed
from ona_pipeline.verify.walk.python2 import renamed
from ona_pipeline.verify.walk.reader import Reader
from ona_pipeline.verify.walk.values import Dict, Kind, Name, Tuple, Value, said

_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
_UNMARKED = 1
_PROTO = 0x80
_STOP = ord(".")

OnBuild = Callable[[Value, Value], Value]


class Machine(Moves):
    """One pickle on its way through the reader.

    Args:
        reader: at the first operation.
        max_depth: how many values may lie in each other.
        on_build: is told of an object and the state that it was given, returns what the object then is, and
            may take bytes: joblib's arrays lie there.

    Attributes:
        names: every ``module.name`` that loading would import.
        called: those among them that it would call.
    """

    def __init__(self, reader: Reader, max_depth: int, on_build: OnBuild = states.built) -> None:
        super().__init__(reader, max_depth)
        self._on_build = on_build
        self._frame_end = 0
        self._protocol = _UNMARKED
        self.names: set[str] = set()
        self.called: set[str] = set()

    def run(self) -> Content:
        """Follow the program to its end; what comes after it stays in the reader.

        Raises:
            MalformedError: no pickler has written it.
        """
        take = self._reader.take
        code = take(1)[0]
        if code == _PROTO:
            self._protocol = take(1)[0]
            if not 2 <= self._protocol <= opcodes.LATEST:  # noqa: PLR2004  0 and 1 have no such operation
                raise malformed(f"protocol {self._protocol}")
            code = take(1)[0]
        values = values_of(self._reader, self._protocol)
        steps = {code: getattr(self, f"_{name.lower()}") for code, name in opcodes.steps(self._protocol)}
        push = self._stack.push
        while code != _STOP:
            if value := values.get(code):
                push(value())
                self._memoised = False
            elif step := steps.get(code):
                step()
            else:
                raise opcodes.not_written(code, self._protocol)
            if self._frame_end:
                self._stay_in_frame()
            code = take(1)[0]
        self._stop()
        return Content(frozenset(self.names), frozenset(self.called))

    @property
    def is_in_frame(self) -> bool:
        """Whether bytes of the present frame are left."""
        return self._frame_end > self._reader.position

    def _stop(self) -> None:
        if self._frame_end and self._reader.position != self._frame_end:
            raise malformed("an end within a frame")
        self._stack.finish()

    def _frame(self) -> None:
        size_bytes = int.from_bytes(self._reader.take(8), "little")
        if self._frame_end or not size_bytes:
            raise malformed("a frame within a frame, or an empty one")
        self._frame_end = self._reader.position + size_bytes

    def _stay_in_frame(self) -> None:
        if self._reader.position > self._frame_end:
            raise malformed("an operation across the end of a frame")
        if self._reader.position == self._frame_end:
            self._frame_end = 0

    def _global(self) -> None:
        module, name = (self._reader.line()[0].decode("utf-8", "replace") for _ in range(2))
        self._import(*(renamed(module, name) if self._protocol < 3 else (module, name)))  # noqa: PLR2004

    def _stack_global(self) -> None:
        module, name = self._stack.pop(2)
        if not isinstance(module, str) or not isinstance(name, str):
            raise MalformedError("computed-name", "a name that is computed", wanted="names written as text")
        self._import(module, name)

    def _import(self, module: str, name: str) -> None:
        self.names.add(f"{module}.{name}"[:_LONGEST_NAME])
        if len(self.names) > _MOST_NAMES:
            raise MalformedError("too-large", "more", wanted=f"at most {_MOST_NAMES} names in a pickle")
        if "." in name:
            raise MalformedError(
                "dotted-name", f"{name[:200]!r} of {module[:200]!r}: an attribute of something imported"
            )
        if not _MODULE.match(module) or not _NAME.match(name) or len(module) + len(name) > _LONGEST_NAME:
            raise MalformedError("computed-name", f"{module[:200]!r} and {name[:200]!r} as a name to import")
        self._made(Name(f"{module}.{name}"))

    def _reduce(self) -> None:
        function, arguments = self._stack.pop(2)
        self._made_around(calls.made_by(self._call(function), arguments))

    def _newobj(self) -> None:
        kind, arguments = self._stack.pop(2)
        if not isinstance(kind, Name) or not (isinstance(arguments, Tuple) or arguments is Kind.TUPLE):
            raise _called(kind)
        self._made_around(calls.empty_instance(kind.text))

    def _newobj_ex(self) -> None:
        kind, arguments, keywords = self._stack.pop(3)
        if not isinstance(kind, Name) or not isinstance(arguments, Tuple) or not isinstance(keywords, Dict):
            raise _called(kind)
        self._made_around(calls.empty_instance(kind.text))

    def _call(self, function: Value) -> str:
        if not isinstance(function, Name):
            raise _called(function)
        self.called.add(function.text)
        return function.text

    def _build(self) -> None:
        [state] = self._stack.pop(1)
        if self._frame_end:
            self._stay_in_frame()  # its end may be here, before what is taken now
        self._stack.fill(self._on_build(self._stack.top(), state))
        self._memoised = True


_LONGEST_NAME = 400
_MOST_NAMES = 10_000


def _called(value: Value) -> MalformedError:
    return MalformedError("call-not-allowed", f"{said(value)} called", wanted="only what is imported called")
