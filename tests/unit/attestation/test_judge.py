from collections.abc import Callable
from pathlib import Path

import pytest

from ona_pipeline.attestation import provenance
from ona_pipeline.attestation.judge import pinned
from ona_pipeline.errors import UsageError
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot
from tests.attested import Place, attach, published
from tests.digits import lay_out
from tests.fakes.registry import FakeRegistry
from tests.signing_keys import private_key

REPOSITORY = "registry.example/ona/digits"


@pytest.fixture(name="registry")
def _registry() -> FakeRegistry:
    return FakeRegistry()


@pytest.fixture(name="where")
def _where(registry: FakeRegistry) -> Place:
    return Place(registry, registry)


@pytest.fixture(name="snapshot")
def _snapshot(tmp_path: Path) -> Snapshot:
    return lay_out(tmp_path)


def test_what_was_signed_is_told(where: Place, snapshot: Snapshot) -> None:
    origin = published(where, REPOSITORY, snapshot)
    attach(where, origin)
    found = where.judged(origin.built.reference)
    assert found.verdict is Verdict.PASSED
    assert (found.model, found.revision, found.commit) == ("digits", "HEAD", "0" * 40)
    assert found.digests["lock"] == origin.integrity.lock
    assert found.digests["model"] == snapshot.model_digest
    assert {name for name in found.digests if name.startswith("evidence/")} == {
        f"evidence/{stage}" for stage in ("verify", "prepare", "validate", "build")
    }


def test_nothing_is_told_by_the_word_of_somebody_else(where: Place, snapshot: Snapshot) -> None:
    origin = published(where, REPOSITORY, snapshot)
    attach(where, origin)
    found = where.judged(origin.built.reference, private_key("somebody"))
    assert found.verdict is Verdict.REFUSED
    assert (found.release, found.commit, found.digests, found.keys) == ("", "", {}, ())
    assert [one.code for one in found.findings].count("attestation-missing") == 3
    assert [one.code for one in found.findings].count("attestation-ignored") == 3


@pytest.mark.parametrize("label", ["org.opencontainers.image.version", "ona.model-digest"])
def test_an_image_that_says_otherwise_is_refused(where: Place, snapshot: Snapshot, label: str) -> None:
    origin = published(where, REPOSITORY, snapshot, **{label: "other"})
    attach(where, origin)
    found = where.judged(origin.built.reference)
    assert "attestation-mismatch" in {one.code for one in found.findings}
    assert found.verdict is Verdict.REFUSED


def test_a_provenance_of_another_builder_is_refused(
    where: Place, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "provenance", lambda origin: {"buildDefinition": {}})
    origin = published(where, REPOSITORY, snapshot)
    attach(where, origin)
    found = where.judged(origin.built.reference)
    assert found.verdict is Verdict.REFUSED
    assert "is none of ona's" in found.findings[0].sentence


def test_an_image_is_named_by_tag_or_digest(where: Place, registry: FakeRegistry, snapshot: Snapshot) -> None:
    image = published(where, REPOSITORY, snapshot).built.reference
    content = registry.get_manifest(REPOSITORY, image.digest) or b""
    for tag in ("today", "latest"):
        registry.put_manifest(REPOSITORY, content, tag=tag)
    for text in (image, f"{REPOSITORY}:today", REPOSITORY):
        assert pinned(text, registry) == image


@pytest.mark.parametrize("ask", [lambda i: f"{REPOSITORY}:other", lambda i: f"{REPOSITORY}@sha256:12"])
def test_an_image_that_is_not_there_is_a_usage_error(
    registry: FakeRegistry, ask: Callable[[PinnedReference], str]
) -> None:
    with pytest.raises(UsageError):
        pinned(ask(PinnedReference(f"{REPOSITORY}@sha256:{'0' * 64}")), registry)
