"""An instance's answer to the known question, judged alike for pods, containers and Services."""

import msgspec

from ona_pipeline.clients.inference import Answer
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import InstanceAnswer
from ona_pipeline.rollout.interface import Change


class Asked(msgspec.Struct, frozen=True):
    """One instance, asked.

    Attributes:
        instance: for the evidence.
        cause: ``wrong-release``, ``wrong-answer``, ``no-answer`` …; empty where all is right.
        sentence: the same for people; empty where all is right.
    """

    instance: InstanceAnswer
    cause: str = ""
    sentence: str = ""


def judged(name: str, digest: Digest | None, answer: Answer, change: Change) -> Asked:
    """Compare an answer with the known one, and the release id in it with the one that was wanted."""
    differences = change.question.differences(answer.outputs)
    if answer.release != change.release:
        cause = "wrong-release"
        sentence = f"{name} answers for release {answer.release or 'unknown'}, wanted {change.release}"
    elif differences:
        cause, sentence = "wrong-answer", f"{name} gives the wrong answer: {'; '.join(differences)}"
    else:
        cause = sentence = ""
    return Asked(InstanceAnswer(name, digest, answer.release, right=not differences), cause, sentence)


def unanswered(name: str, digest: Digest | None, reason: str, *, cause: str = "no-answer") -> Asked:
    """Nothing that could be judged came back."""
    instance = InstanceAnswer(name, digest, release="", right=False)
    return Asked(instance, cause, f"{name} does not answer the known question: {reason}")


def other_digest(name: str, digest: str, change: Change) -> Asked:
    """It runs something else than it was told to, so it is not asked at all."""
    instance = InstanceAnswer(name, Digest(digest) if digest else None, release="", right=False)
    sentence = f"{name} runs image {digest or 'unknown'}, wanted {change.image.digest}"
    return Asked(instance, "wrong-digest", sentence)
