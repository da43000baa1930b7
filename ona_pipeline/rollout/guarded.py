"""A target that is touched only by whoever may."""

from collections.abc import Callable

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.rollout.interface import Canary, Change, Condition, Serving, Target, Terms
from ona_pipeline.rollout.traffic import Traffic


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

    def canary(self) -> Canary | None:
        """See `Target.canary`; it asks first, too."""
        canary = self._target.canary()
        return GuardedCanary(canary, guard=self._guard) if canary else None


class GuardedCanary:
    """Another canary, with the same question before each change.

    Args:
        canary: what is looked at and changed.
        guard: raises where this process may change nothing any more.
    """

    def __init__(self, canary: Canary, *, guard: Callable[[], None]) -> None:
        self._canary = canary
        self._guard = guard
        self.name = canary.name

    def serving(self) -> Serving | None:
        """See `Canary.serving`."""
        return self._canary.serving()

    def is_alone(self) -> bool:
        """See `Canary.is_alone`."""
        return self._canary.is_alone()

    def apply(self, change: Change, share: float) -> Finding | None:
        """See `Canary.apply`; asks first."""
        self._guard()
        return self._canary.apply(change, share)

    def remove(self) -> None:
        """See `Canary.remove`; asks first."""
        self._guard()
        self._canary.remove()

    def condition(self, change: Change) -> Condition:
        """See `Canary.condition`."""
        return self._canary.condition(change)

    def steady(self, change: Change) -> Condition:
        """See `Canary.steady`."""
        return self._canary.steady(change)

    def traffic(self) -> Traffic:
        """See `Canary.traffic`; asks first, for whoever was overtaken measures nothing any more."""
        self._guard()
        return self._canary.traffic()
