import io
import json
import tarfile
from pathlib import Path

import pytest

from ona_pipeline.build.build import BuildInput, build
from ona_pipeline.errors import BackendError
from ona_pipeline.image.document import read_manifest
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import BuildEvidence
from ona_pipeline.records.finding import Finding, Severity
from ona_pipeline.records.snapshot import Snapshot
from tests.digits import Clock, lay_out
from tests.fakes.images import put_image
from tests.fakes.registry import FakeRegistry
from tests.fakes.stages import REFUSAL, integrity, prepared, validated

REPOSITORY, RUNTIMES = "registry.example/ona/digits", "registry.example/ona/runtime"


@pytest.fixture(name="snapshot")
def _snapshot(tmp_path: Path) -> Snapshot:
    return lay_out(tmp_path)


def asked(snapshot: Snapshot, registry: FakeRegistry, release: str = "digits-1") -> BuildInput:
    runtime = put_image(registry, RUNTIMES, {"opt/ona/server/f": b"1"}, Entrypoint=["python3"])
    gates = (integrity(snapshot), prepared(snapshot, runtime), validated(snapshot))
    return BuildInput(snapshot, release, *gates, REPOSITORY)


def built(snapshot: Snapshot, registry: FakeRegistry, release: str = "digits-1") -> BuildEvidence:
    return build(asked(snapshot, registry, release), registry=registry, clock=Clock())


def layer_of(registry: FakeRegistry, evidence: BuildEvidence) -> dict[str, bytes]:
    content = registry.get_blob(REPOSITORY, evidence.model_layer)
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
        opened = {one.name: tar.extractfile(one) for one in tar.getmembers()}
        return {name: file.read() for name, file in opened.items() if file is not None}


def test_the_model_layer_has_the_declared_files_and_no_other(snapshot: Snapshot):
    registry = FakeRegistry()
    files = layer_of(registry, built(snapshot, registry))
    manifest = json.loads(snapshot.manifest.read_bytes())["files"]
    assert set(files) == {f"opt/ona/model/{name}" for name in manifest} | {
        "opt/ona/model.manifest.json",
        "opt/ona/release.json",
    }
    assert files["opt/ona/model/model.skops"] == (snapshot.model / "model.skops").read_bytes()
    release = json.loads(files["opt/ona/release.json"])
    assert (release["release"], release["model_digest"]) == ("digits-1", snapshot.model_digest)


def test_every_blob_is_in_the_registry_and_no_image_manifest_yet(snapshot: Snapshot):
    registry = FakeRegistry()
    evidence = built(snapshot, registry)
    config, layers = read_manifest(evidence.image_manifest.encode())
    assert all(registry.exists(REPOSITORY, digest) for digest in [config, *(one.digest for one in layers)])
    assert registry.get_manifest(REPOSITORY, evidence.image) is None
    assert registry.tags() == []
    assert evidence.image == Digest.of(evidence.image_manifest.encode())
    assert evidence.reference == f"{REPOSITORY}@{evidence.image}"


def test_the_image_keeps_what_the_runtime_says_and_adds_labels(snapshot: Snapshot):
    registry = FakeRegistry()
    config_digest, _ = read_manifest(built(snapshot, registry).image_manifest.encode())
    config = json.loads(registry.get_blob(REPOSITORY, config_digest))
    assert config["config"]["Entrypoint"] == ["python3"]
    assert config["config"]["Labels"] == {
        "ona.model-digest": snapshot.model_digest,
        "org.opencontainers.image.revision": snapshot.origins.commit,
        "org.opencontainers.image.title": "digits",
        "org.opencontainers.image.version": "digits-1",
    }


def test_two_builds_of_one_release_are_the_same_to_the_byte(snapshot: Snapshot, tmp_path: Path):
    other = lay_out(tmp_path / "elsewhere")
    assert built(snapshot, FakeRegistry()).image_manifest == built(other, FakeRegistry()).image_manifest


def test_building_again_sends_nothing(snapshot: Snapshot):
    registry = FakeRegistry()
    first, second = built(snapshot, registry), built(snapshot, registry)
    assert first.new_bytes > 0
    assert second.new_bytes == 0


def test_two_releases_of_one_model_are_two_images(snapshot: Snapshot):
    registry = FakeRegistry()
    assert built(snapshot, registry, "digits-1").image != built(snapshot, registry, "digits-2").image


def test_files_that_changed_since_they_were_verified_are_not_built(snapshot: Snapshot):
    registry = FakeRegistry()
    request = asked(snapshot, registry)
    (snapshot.model / "model.skops").write_bytes(b"other")
    with pytest.raises(BackendError, match=r"changed after they were verified: model\.skops"):
        build(request, registry=registry, clock=Clock())


def test_an_inconclusive_validation_may_be_built(snapshot: Snapshot):
    registry = FakeRegistry()
    doubt = Finding("few-rows", "evaluation.csv", "few", severity=Severity.DOUBT)
    request = asked(snapshot, registry)
    BuildInput(
        snapshot, "digits-1", request.integrity, request.prepared, validated(snapshot, doubt), REPOSITORY
    )


def test_a_refused_validation_cannot_be_built(snapshot: Snapshot):
    request = asked(snapshot, FakeRegistry())
    with pytest.raises(ValueError, match="refused"):
        BuildInput(
            snapshot, "r", request.integrity, request.prepared, validated(snapshot, REFUSAL), REPOSITORY
        )


def test_evidence_of_another_model_cannot_be_built(snapshot: Snapshot, tmp_path: Path):
    other = lay_out(tmp_path / "other")
    other.manifest.write_text('{"files":{}}\n')
    request = asked(snapshot, FakeRegistry())
    with pytest.raises(ValueError, match="another model"):
        BuildInput(snapshot, "r", request.integrity, request.prepared, validated(other), REPOSITORY)
