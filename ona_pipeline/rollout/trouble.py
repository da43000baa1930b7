"""A reason why a target is not well: named, in a sentence, and with whether waiting can help."""

import msgspec

from ona_pipeline.rollout.answers import Asked
from ona_pipeline.rollout.interface import LAST_WORDS

# A model is deterministic: an instance that answers wrongly will not answer rightly later.
_FINAL_ANSWERS = frozenset({"wrong-answer", "wrong-release", "wrong-digest"})

_OF_OTHER_MACHINES = "exec format error"  # errno ENOEXEC: the first thing that an image for them says


class Trouble(msgspec.Struct, frozen=True):
    """One reason why a target is not well.

    Attributes:
        cause: a code such as ``image-pull``; empty while it is only on its way.
        sentence: for people.
        hopeless: whether waiting longer cannot help.
        instance: the pod or container whose log lines tell more; empty where there is none.
        restarted: whether they are in the log of its previous start.
    """

    cause: str
    sentence: str
    hopeless: bool = False
    instance: str = ""
    restarted: bool = False


def times(count: int) -> str:
    """A number of times, in words."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def with_log(trouble: Trouble, lines: str) -> Trouble:
    """The trouble with the last log lines of the instance that has it, if it said anything."""
    words = " | ".join(line for line in lines.splitlines() if line.strip())
    if not words:
        return trouble
    told = msgspec.structs.replace(trouble, sentence=f"{trouble.sentence}{LAST_WORDS}{words}")
    if _OF_OTHER_MACHINES not in words:
        return told
    return msgspec.structs.replace(told, cause="wrong-platform", hopeless=True)


def answer_trouble(asked: Asked) -> Trouble | None:
    """What is wrong with a pod's answer."""
    if not asked.cause:
        return None
    return Trouble(asked.cause, asked.sentence, hopeless=asked.cause in _FINAL_ANSWERS)


def service_trouble(asked: Asked) -> Trouble | None:
    """What is wrong with the Service's answer: never final, for a pod that drains may have given it."""
    return Trouble(asked.cause, asked.sentence) if asked.cause else None


def worst(*found: Trouble | None) -> Trouble | None:
    """The one to tell: what cannot get better, else what has a name, else the first."""
    troubles = [trouble for trouble in found if trouble]
    return max(troubles, key=lambda trouble: (trouble.hopeless, bool(trouble.cause)), default=None)
