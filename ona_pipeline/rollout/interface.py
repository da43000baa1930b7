"""The contract of a target: say what would change, change it, and say how each instance is."""

from typing import Protocol

import msgspec

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import InstanceAnswer
from ona_pipeline.records.question import Question
from ona_pipeline.records.reference import PinnedReference

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
    """What a target is set to serve now: not from memory, asked of the target."""

    image: PinnedReference
    release: str


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

    def objects(self, change: Change) -> Digest:
        """The digest of what `apply` would send; nothing is touched."""
        ...

    def serving(self) -> Serving | None:
        """What the target is set to serve; None where there is nothing of ours."""
        ...

    def apply(self, change: Change) -> None:
        """Set the target to serve `change`; returns before it does."""
        ...

    def remove(self) -> None:
        """Take away what `apply` made: the way back where nothing served before."""
        ...

    def condition(self, change: Change) -> Condition:
        """Look once, without waiting, how far the target is with `change`."""
        ...
