"""A target in memory: keeps the contract, and misbehaves as its changes' images say."""

from collections.abc import Callable

import msgspec

from ona_pipeline.records.canonical import digest_of
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import InstanceAnswer
from ona_pipeline.records.finding import Finding
from ona_pipeline.rollout.interface import Change, Condition, Serving, Terms
from ona_pipeline.rollout.traffic import Counts, Traffic

_LOG = "; its last words: model.skops: wanted digest sha256:aaaa, found sha256:bbbb"
# What an image that behaves so comes to: the cause, whether waiting helps, and what the log adds.
_ENDINGS = {
    "crash": ("crash-loop", True, _LOG),
    "never-ready": ("not-ready", False, ""),
    "image-pull": ("image-pull", True, ""),
    "wrong-answer": ("wrong-answer", True, ""),
    "out-of-memory": ("out-of-memory", True, ""),
}


class FakeTarget:
    """Serves in memory. An image's repository ends in how it behaves: ``registry/crash@sha256:…``.

    Args:
        name: for people and bindings.
        place: what it is, by whatever name; its name unless given.
        looks_needed: how often one has to look before a change is well.
    """

    def __init__(self, name: str = "fake target", *, place: str = "", looks_needed: int = 2) -> None:
        self.name = name
        self.place = place or name
        self._looks_needed = looks_needed
        self._set: Change | None = None
        self._answering: Change | None = None
        self._looks = 0
        self.applied: list[str] = []
        self.beside = FakeCanary(f"{name}-canary")

    def canary(self) -> "FakeCanary | None":
        return self.beside

    def objects(self, change: Change) -> Digest:
        return digest_of((change.image, change.release))

    def serving(self) -> Serving | None:
        return Serving(self._set.image, self._set.release) if self._set else None

    def apply(self, change: Change, terms: Terms | None = None) -> Finding | None:
        self.before_apply()
        if terms and (broken := terms.broken_by(self.objects(change), self.serving())):
            return broken
        self.applied.append(change.release)
        if self._set != change:
            self._set, self._looks = change, 0
        return None

    def before_apply(self) -> None:
        """What happens between the last look and the change; nothing, unless a test says so."""

    def set_by_hand(self, image: str) -> None:
        """What `kubectl set image` does: another image, under the annotations of the release before."""
        assert self._set
        self._set = msgspec.structs.replace(self._set, image=image)

    def remove(self) -> None:
        self._set = self._answering = None

    def condition(self, change: Change) -> Condition:
        if self._set != change:
            return self._bad("not-applied", "it serves something else")
        ending = _ENDINGS.get(change.image.repository.rpartition("/")[2])
        if ending:
            cause, hopeless, log = ending
            return self._bad(cause, f"instance-1 has trouble: {cause}{log}", hopeless=hopeless)
        self._looks += 1
        if self._looks < self._looks_needed:
            return self._bad("", "on its way")
        self._answering = change
        return self._well(change)

    def answering(self) -> str:
        """The release that gives answers now; empty for none."""
        return self._answering.release if self._answering else ""

    def _well(self, change: Change) -> Condition:
        one = InstanceAnswer("instance-1", change.image.digest, change.release, right=True)
        return Condition(True, "", "well", hopeless=False, instances=(one,), address="http://fake")

    def _bad(self, cause: str, sentence: str, *, hopeless: bool = False) -> Condition:
        return Condition(False, cause, sentence, hopeless, instances=(), address="")


class FakeCanary:
    """A canary in memory, whose traffic a test makes up."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.applied: list[tuple[str, float]] = []
        self.behaviour = "well"
        self.alone = False
        self.theirs: Finding | None = None
        self.each_look = (Counts(), Counts())
        self.happens: Callable[[], None] = lambda: None
        self._set: Change | None = None
        self._looks = 0

    def serving(self) -> Serving | None:
        return Serving(self._set.image, self._set.release) if self._set else None

    def is_alone(self) -> bool:
        return self.alone

    def apply(self, change: Change, share: float) -> Finding | None:
        if self.theirs:
            return self.theirs
        self.applied.append((change.release, share))
        self._set = change
        return None

    def remove(self) -> None:
        self._set = None

    def condition(self, change: Change) -> Condition:
        return self.steady(change)

    def steady(self, change: Change) -> Condition:
        if self._set != change:
            return Condition(False, "not-applied", "it is gone", hopeless=False, instances=(), address="")
        if self.behaviour != "well":
            sentence = f"it has trouble: {self.behaviour}"
            return Condition(False, self.behaviour, sentence, hopeless=True, instances=(), address="")
        one = InstanceAnswer("canary-1", change.image.digest, change.release, right=True)
        return Condition(True, "", "well", hopeless=False, instances=(one,), address="")

    def traffic(self) -> Traffic:
        self.happens()
        canary, others = (times(self._looks, counts) for counts in self.each_look)
        self._looks += 1
        return Traffic({"canary-1": canary}, {"instance-1": others})


def times(number: int, counts: Counts) -> Counts:
    """So many times the same traffic."""
    return Counts(
        requests=number * counts.requests,
        errors=number * counts.errors,
        within={bound: number * count for bound, count in counts.within.items()},
        labels={label: number * count for label, count in counts.labels.items()},
    )
