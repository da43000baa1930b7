"""A target that is touched only by whoever may."""

from collections.abc import Callable

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.rollout.interface import Change, Condition, Serving, Target, Terms


class GuardedTarget:
    """Another target, with a question before each change: a process that was paused may have been overtaken.

    Args:
        target: what is looked at and changed.
        guard: raises where this process may change nothing any more.
    """

    def __init__(self, target: Target, *, guard: Callable[[], None]) -> None:
        self._target = target
        self._guard = guard
        self.name, self.place = target.name, target.place

    def objects(self, change: Change) -> Digest:
        """See `Target.objects`."""
        return self._target.objects(change)

    def serving(self) -> Serving | None:
        """See `Target.serving`."""
        return self._target.serving()

    def apply(self, change: Change, terms: Terms | None = None) -> Finding | None:
        """See `Target.apply`; asks first."""
        self._guard()
        return self._target.apply(change, terms)

    def remove(self) -> None:
        """See `Target.remove`; asks first."""
        self._guard()
        self._target.remove()

    def condition(self, change: Change) -> Condition:
        """See `Target.condition`."""
        return self._target.condition(change)
