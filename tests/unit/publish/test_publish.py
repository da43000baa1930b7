from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ona_pipeline.attestation.attach import attacher
from ona_pipeline.attestation.signer import FileSigner
from ona_pipeline.attestation.statement import PREDICATES, Origin
from ona_pipeline.clients.inference import LOADING, Answer
from ona_pipeline.errors import BackendError
from ona_pipeline.publish.publish import PublishInput, publish
from ona_pipeline.publish.stored import look
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import BuildEvidence, PublishEvidence
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.question import Question
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot
from tests.digits import Clock, lay_out
from tests.fakes import stages
from tests.fakes.images import put_image
from tests.fakes.registry import FakeRegistry
from tests.signing_keys import private_key

REPOSITORY = "registry.example/ona/digits"
RELEASE = "digits-20261123-abcdef"
TAG = "2026-11-23-0000000"
NOT_YET = BackendError("the server answered HTTP 503", retryable=True)


class FakeStarter:
    """Starts nothing: gives one answer or error after the other, the last one for ever."""

    def __init__(self, *answers: Answer | BackendError, words: str | None = None) -> None:
        self.answers = list(answers)
        self.words = words
        self.started_images: list[PinnedReference] = []
        self.removed = 0

    @contextmanager
    def started(self, image: PinnedReference) -> Iterator["FakeStarter"]:
        self.started_images.append(image)
        try:
            yield self
        finally:
            self.removed += 1

    def ask(self, model: str, question: Question) -> Answer:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BackendError):
            raise answer
        return answer

    def last_words(self) -> str | None:
        return self.words


@pytest.fixture(name="snapshot")
def _snapshot(tmp_path: Path) -> Snapshot:
    return lay_out(tmp_path)


@pytest.fixture(name="registry")
def _registry() -> FakeRegistry:
    return FakeRegistry()


@pytest.fixture(name="built")
def _built(snapshot: Snapshot, registry: FakeRegistry) -> BuildEvidence:
    image = put_image(registry, REPOSITORY, {"f": b"1"})
    return stages.built(snapshot, REPOSITORY, registry.manifests.pop((REPOSITORY, image.digest)))


def right(snapshot: Snapshot, label: int = 9, release: str = RELEASE, digest: str = "") -> Answer:
    return Answer({"label": [label]}, release, digest or snapshot.model_digest)


def published(
    snapshot: Snapshot, built: BuildEvidence, registry: FakeRegistry, starter: FakeStarter, **settings
) -> PublishEvidence:
    request = PublishInput(snapshot, RELEASE, built, **settings)
    return publish(request, registry=registry, starter=starter, clock=Clock())


def codes(evidence: PublishEvidence) -> list[str]:
    assert evidence.verdict is Verdict.REFUSED
    return [finding.code for finding in evidence.findings]


def test_an_image_that_answers_rightly_is_published(snapshot, built, registry):
    starter = FakeStarter(NOT_YET, NOT_YET, right(snapshot))
    evidence = published(snapshot, built, registry, starter)
    assert evidence.verdict is Verdict.PASSED
    assert evidence.image == built.reference
    assert evidence.tag == TAG
    assert evidence.answer == {"label": [9]}
    assert evidence.question == snapshot.declaration.question
    assert starter.started_images == [built.reference]
    assert registry.resolve(REPOSITORY, TAG) == built.image
    assert starter.removed == 1


def origin_of(snapshot: Snapshot, built: BuildEvidence) -> Origin:
    return Origin(
        model="digits",
        release=RELEASE,
        origins=snapshot.origins,
        integrity=stages.integrity(snapshot),
        prepared=stages.prepared(snapshot, built.reference),
        validation=stages.validated(snapshot),
        built=built,
    )


def signed(snapshot: Snapshot, built: BuildEvidence, registry: FakeRegistry, starter: FakeStarter):
    request = PublishInput(snapshot, RELEASE, built, origin_of(snapshot, built))
    attach = attacher(registry, registry, FileSigner(private_key()))
    return publish(request, registry=registry, starter=starter, clock=Clock(), attach=attach)


def test_what_is_known_is_signed_before_the_tag_leads_there(snapshot, built, registry):
    evidence = signed(snapshot, built, registry, FakeStarter(right(snapshot)))
    assert {one.predicate for one in evidence.attestations} == set(PREDICATES)
    assert registry.referrers(REPOSITORY, built.image) == tuple(one.digest for one in evidence.attestations)
    assert look(registry, evidence, built).missing == ()


def test_an_image_that_did_not_answer_is_not_signed(snapshot, built, registry):
    evidence = signed(snapshot, built, registry, FakeStarter(right(snapshot, label=3)))
    assert codes(evidence) == ["wrong-answer"]
    assert evidence.attestations == ()
    assert registry.referrers(REPOSITORY, built.image) == ()


def test_an_attestation_that_was_taken_away_is_missed(snapshot, built, registry):
    evidence = signed(snapshot, built, registry, FakeStarter(right(snapshot)))
    gone = evidence.attestations[1]
    del registry.manifests[REPOSITORY, gone.digest]
    [sentence] = look(registry, evidence, built).missing
    assert f"attestation: wanted {gone.predicate} at {gone.digest}, found nothing" in sentence


def test_publishing_again_has_the_same_outcome(snapshot, built, registry):
    for _ in range(2):
        assert published(snapshot, built, registry, FakeStarter(right(snapshot))).tag == TAG
    assert registry.tags() == [TAG]


def test_the_tag_of_another_release_is_not_taken_away(snapshot, built, registry):
    other = put_image(registry, REPOSITORY, {"f": b"2"})
    registry.put_manifest(REPOSITORY, registry.get_manifest(REPOSITORY, other.digest) or b"", tag=TAG)
    evidence = published(snapshot, built, registry, FakeStarter(right(snapshot)))
    assert evidence.tag == f"{TAG}-abcdef"
    assert registry.resolve(REPOSITORY, TAG) == other.digest


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"label": 4}, "label: wanted [9], found [4]"),
        ({"release": "digits-2"}, f"release: wanted {RELEASE}, found digits-2"),
        ({"digest": "sha256:0"}, "model digest: wanted"),
    ],
)
def test_a_wrong_answer_is_refused_and_nothing_is_tagged(snapshot, built, registry, answer, sentence):
    starter = FakeStarter(right(snapshot, **answer))
    evidence = published(snapshot, built, registry, starter)
    assert codes(evidence) == ["wrong-answer"]
    assert sentence in evidence.findings[0].sentence
    assert registry.tags() == []
    assert starter.removed == 1


def test_an_image_that_ends_at_once_is_refused_with_its_last_words(snapshot, built, registry):
    starter = FakeStarter(NOT_YET, words="No module named ona_serving")
    evidence = published(snapshot, built, registry, starter)
    assert codes(evidence) == ["did-not-start"]
    assert "No module named ona_serving" in evidence.findings[0].sentence
    assert registry.tags() == []
    assert starter.removed == 1


def test_an_image_that_never_answers_is_refused(snapshot, built, registry):
    evidence = published(snapshot, built, registry, FakeStarter(NOT_YET), timeout_s=0.05)
    assert codes(evidence) == ["did-not-start"]


def test_an_image_that_is_still_loading_when_its_time_is_up_is_errored_and_no_refusal(
    snapshot, built, registry
):
    loading = BackendError(f"the server answered HTTP 503: {LOADING}", retryable=True)
    starter = FakeStarter(loading)
    with pytest.raises(BackendError, match="still loading its model when its time was up") as caught:
        published(snapshot, built, registry, starter, timeout_s=0.05)
    assert caught.value.retryable
    assert starter.removed == 1
    assert registry.tags() == []


def test_an_answer_that_waiting_will_not_change_is_refused_at_once(snapshot, built, registry):
    evidence = published(snapshot, built, registry, FakeStarter(BackendError("HTTP 404")))
    assert codes(evidence) == ["did-not-start"]


def test_a_blob_that_is_gone_is_refused_and_nothing_is_started(snapshot, built, registry):
    lost = next(digest for _, digest in registry.blobs)
    del registry.blobs[REPOSITORY, lost]
    starter = FakeStarter(right(snapshot))
    evidence = published(snapshot, built, registry, starter)
    assert codes(evidence) == ["blob-missing"]
    assert evidence.findings[0].subject == lost
    assert starter.started_images == []
    assert registry.manifests == {}


def test_an_image_manifest_with_another_digest_is_refused(snapshot, built, registry):
    import msgspec

    forged = msgspec.structs.replace(built, image=Digest.of(b"other"))
    evidence = published(snapshot, forged, registry, FakeStarter(right(snapshot)))
    assert codes(evidence) == ["digest-mismatch"]
    assert registry.manifests == {}


class MovingRegistry(FakeRegistry):
    """Somebody else writes the same tag, right after us."""

    def resolve(self, repository: str, tag: str) -> Digest | None:
        return Digest.of(b"theirs") if super().resolve(repository, tag) else None


def test_a_tag_that_leads_elsewhere_is_refused(snapshot, built, registry):
    moving = MovingRegistry()
    moving.blobs = registry.blobs
    evidence = published(snapshot, built, moving, FakeStarter(right(snapshot)))
    assert codes(evidence) == ["tag-moved"]
    assert f"wanted {built.image}, found {Digest.of(b'theirs')}" in evidence.findings[0].sentence


def test_build_evidence_of_another_model_cannot_be_published(snapshot, built, tmp_path):
    other = lay_out(tmp_path / "other")
    other.manifest.write_text('{"files":{}}\n')
    with pytest.raises(ValueError, match="another model"):
        PublishInput(other, RELEASE, built)
