"""The contract of a target: say what would change, change it, and say how each instance is."""

from typing import Protocol

import msgspec

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import InstanceAnswer
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.question import Question
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.rollout.traffic import Traffic

_ASK_AGAIN = "the approval was for something else; ask again, and a person decides on what is there now"
LAST_WORDS = "; its last words: "
"""Between a sentence about an instance and the log lines that explain it."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a target is to serve.

    Attributes:
        model: the model's name.
        environment: the environment's name.
        release: the release id.
        image: the pinned reference.
        question: what each instance is asked.
    """

    model: str
    environment: str
    release: str
    image: PinnedReference
    question: Question


class Serving(msgspec.Struct, frozen=True):
    """What a target is set to serve now: not from memory, asked of the target.

    Attributes:
        image: the reference as it stands there; another hand than ours may have set one that can move.
        release: the release that it was applied for.
        wake: the command that lets it run again where somebody stopped all of it; mostly empty.
    """

    image: str
    release: str
    wake: str = ""


UNTOUCHED = frozenset(
    {
        "objects-changed",
        "target-changed",
        "not-ours",
        "not-adopted",
        "held-by-another",
        "foreign-pods",
    }
)
"""Codes of the findings for which a target is left alone."""


class Terms(msgspec.Struct, frozen=True):
    """Under what a decision lets a target be changed; the way back is bound to none.

    Attributes:
        objects: digest of what may be sent.
        instead_of: what the target may be set to serve at that moment; nothing at all is always well.
    """

    objects: Digest
    instead_of: frozenset[str]

    def broken_by(self, objects: Digest, serving: Serving | None) -> Finding | None:
        """Why the target must be left alone; None where the terms hold.

        Args:
            objects: digest of what would be sent.
            serving: what the target is set to serve.
        """
        if objects != self.objects:
            sentence = f"what would be sent has changed: wanted {self.objects}, found {objects}"
            return Finding("objects-changed", "objects", sentence, hint=_ASK_AGAIN)
        if serving and serving.image not in self.instead_of:
            wanted = " or ".join(sorted(self.instead_of)) or "nothing"
            sentence = f"the target was changed by another hand: wanted {wanted}, found {serving.image}"
            return Finding("target-changed", "serving", sentence, hint=_ASK_AGAIN)
        return None


class Condition(msgspec.Struct, frozen=True):
    """How a target is, seen once.

    Attributes:
        well: whether only the wanted digest runs, every instance and the service answer rightly.
        cause: where it can be named, why it is not well: a code such as ``image-pull`` or ``crash-loop``.
        sentence: the same for people, with the instance's last log lines where there are any.
        hopeless: whether waiting longer cannot help.
        instances: each one asked, the service last.
        address: where the model answers, as a URL.
    """

    well: bool
    cause: str
    sentence: str
    hopeless: bool
    instances: tuple[InstanceAnswer, ...]
    address: str


class Target(Protocol):
    """What one environment runs on. Every call can be repeated: same input, same effect."""

    @property
    def name(self) -> str:
        """For people and bindings: ``kubernetes lab/digits/deployment/digits``."""
        ...

    @property
    def place(self) -> str:
        """What it is, by whatever name it is reached: equal for two targets that are one."""
        ...

    def objects(self, change: Change) -> Digest:
        """The digest of what `apply` would send; nothing is touched."""
        ...

    def serving(self) -> Serving | None:
        """What the target is set to serve; None where there is nothing of ours."""
        ...

    def apply(self, change: Change, terms: Terms | None = None) -> Finding | None:
        """Set the target to serve `change`; returns before it does.

        Args:
            change: what is to be served.
            terms: looked at in the same moment as the target is changed; None where anything goes.

        Returns:
            Why nothing was touched; None where it was.
        """
        ...

    def remove(self) -> None:
        """Take away what `apply` made: the way back where nothing served before."""
        ...

    def condition(self, change: Change) -> Condition:
        """Look once, without waiting, how far the target is with `change`."""
        ...

    def canary(self) -> "Canary | None":
        """The place for a few instances beside the others; None where nothing shares requests out."""
        ...


class Canary(Protocol):
    """A few instances beside a target's, that get their share of its requests. Calls can be repeated."""

    @property
    def name(self) -> str:
        """For people."""
        ...

    def serving(self) -> Serving | None:
        """What the canary is set to serve; None where there is none."""
        ...

    def is_alone(self) -> bool:
        """Whether the target has no instances that it would stand beside."""
        ...

    def apply(self, change: Change, share: float) -> Finding | None:
        """Have a canary that serves `change`; returns before it does.

        Args:
            change: what it is to serve.
            share: of all instances, in (0, 1); there is at least one.

        Returns:
            Why nothing was touched; None where it was.
        """
        ...

    def remove(self) -> None:
        """Take the canary away; its requests are answered to their end."""
        ...

    def condition(self, change: Change) -> Condition:
        """Look once how far the canary is with `change`, and ask each of its instances."""
        ...

    def steady(self, change: Change) -> Condition:
        """The same without asking anybody, so that nothing but the users' own requests is counted."""
        ...

    def traffic(self) -> Traffic:
        """What each instance, of the canary and of the others, has answered since it started."""
        ...
