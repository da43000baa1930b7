"""Troubles: which one is told, and how."""

from ona_pipeline.clients.inference import Answer
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.rollout import trouble
from ona_pipeline.rollout.answers import Asked, judged, other_digest, unanswered
from ona_pipeline.rollout.interface import Change
from tests.stand_in import QUESTION

DIGEST = Digest.of(b"image")
CHANGE = Change(
    model="digits",
    environment="testing",
    release="r1",
    image=PinnedReference.of("registry/digits", DIGEST),
    question=QUESTION,
)


def asked(release: str = "r1", label: int = 7) -> Asked:
    return judged("digits-1", DIGEST, Answer({"label": [label]}, release, ""), CHANGE)


def test_the_known_answer_of_the_wanted_release_is_right():
    found = asked()
    assert found.cause == ""
    assert found.instance.right
    assert trouble.answer_trouble(found) is None


def test_another_answer_is_wrong_and_final():
    found = trouble.answer_trouble(asked(label=9))
    assert found is not None
    assert (found.cause, found.hopeless) == ("wrong-answer", True)
    assert "wanted [7], found [9]" in found.sentence


def test_another_release_is_wrong_and_final_for_a_pod_but_not_for_the_service():
    pod, service = trouble.answer_trouble(asked("r0")), trouble.service_trouble(asked("r0"))
    assert pod is not None
    assert service is not None
    assert (pod.cause, pod.hopeless) == ("wrong-release", True)
    assert (service.cause, service.hopeless) == ("wrong-release", False)


def test_another_digest_is_final_and_silence_is_not():
    digest = trouble.answer_trouble(other_digest("digits-1", Digest.of(b"else"), CHANGE))
    silence = trouble.answer_trouble(unanswered("digits-1", DIGEST, "HTTP 503"))
    assert digest is not None
    assert silence is not None
    assert (digest.cause, digest.hopeless) == ("wrong-digest", True)
    assert (silence.cause, silence.hopeless) == ("no-answer", False)


def test_what_cannot_get_better_is_told_before_what_has_a_name_and_that_before_the_rest():
    on_its_way = trouble.Trouble("", "1 of 2 pods are there")
    named = trouble.Trouble("not-ready", "pod b")
    final = trouble.Trouble("crash-loop", "pod c", hopeless=True)
    assert trouble.worst(on_its_way, None, named, final) is final
    assert trouble.worst(on_its_way, named) is named
    assert trouble.worst(None, None) is None


def test_the_last_words_are_one_line():
    found = trouble.with_log(trouble.Trouble("crash-loop", "pod a crashed once"), "one\n\ntwo\n")
    assert found.sentence == "pod a crashed once; its last words: one | two"
    assert trouble.with_log(found, "\n") is found
