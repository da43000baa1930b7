"""Modules that a library imports at its start and needs for few of its functions: imported with those."""

import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands for a module until something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def deferred(*names: str) -> Iterator[None]:
    """While the block lasts, `import` of these modules gives something that imports them when it is used.

    Those that are imported already stay what they are. No other thread may import them meanwhile.

    Args:
        names: of modules.
    """
    placed = [name for name in names if name not in sys.modules]
    for name in placed:
        sys.modules[name] = _Later(name)
    try:
        yield
    finally:
        for name in placed:
            if isinstance(sys.modules.get(name), _Later):
                del sys.modules[name]


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for garbage while the block lasts: an import makes little, and is a tenth faster so."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
