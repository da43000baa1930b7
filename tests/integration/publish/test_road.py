"""Prepare, build and publish of the committed model, on a real engine and a real registry."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ona_pipeline.build.build import BuildInput, build
from ona_pipeline.clients.docker import DockerEngine
from ona_pipeline.clients.oci import ImageRegistry
from ona_pipeline.errors import BackendError
from ona_pipeline.image.base import read_image
from ona_pipeline.image.document import Image
from ona_pipeline.image.runtime import Runtimes, RuntimeSettings
from ona_pipeline.prepare.prepare import PrepareInput, prepare
from ona_pipeline.publish.container import LABEL, ContainerStarter
from ona_pipeline.publish.pod import KIND, PodStarter
from ona_pipeline.publish.publish import PublishInput, publish
from ona_pipeline.publish.trial import Starter
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import BuildEvidence, PreparedModel, PublishEvidence
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.sandbox.container import ContainerSandbox
from ona_pipeline.sandbox.jobs import Jobs
from tests.backends import base_image, docker_engine, image_registry, lab
from tests.cluster import cluster, namespace
from tests.digits import lay_out, redeclared, remake_manifest
from tests.fakes import stages

pytestmark = [pytest.mark.docker, pytest.mark.registry]
RELEASE = f"digits-20261123-{uuid.uuid4().hex[:6]}"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(name="engine", scope="module")
def _engine() -> DockerEngine:
    return docker_engine()


@pytest.fixture(name="registry", scope="module")
def _registry() -> ImageRegistry:
    return image_registry(lab("registry"))


@pytest.fixture(name="snapshot")
def _snapshot(tmp_path: Path) -> Snapshot:
    return lay_out(tmp_path)


@pytest.fixture(name="prepared_once", scope="module")
def _prepared_once(engine, registry, tmp_path_factory) -> PreparedModel:
    return prepared(lay_out(tmp_path_factory.mktemp("digits")), engine, registry)


def prepared(snapshot: Snapshot, engine: DockerEngine, registry: ImageRegistry) -> PreparedModel:
    runtimes = Runtimes(registry, RuntimeSettings(base_image(), f"{lab('registry')}/ona-tests/runtime"))
    request = PrepareInput(snapshot, stages.integrity(snapshot))
    return prepare(request, runtimes=runtimes, sandbox=ContainerSandbox(engine), clock=now)


def built(
    snapshot: Snapshot, prepared: PreparedModel, registry: ImageRegistry, name: str = RELEASE
) -> BuildEvidence:
    gates = (stages.integrity(snapshot), prepared, stages.validated(snapshot))
    repository = f"{lab('registry')}/ona-tests/{name}"
    return build(BuildInput(snapshot, RELEASE, *gates, repository), registry=registry, clock=now)


@pytest.fixture(name="place", scope="module")
def _place() -> Iterator[Jobs]:
    """Where images are started in the cluster."""
    with namespace(client := cluster()) as name:
        yield Jobs(client, name, KIND)


@pytest.fixture(name="starter", params=["container", pytest.param("pod", marks=pytest.mark.kubernetes)])
def _starter(request: pytest.FixtureRequest, engine) -> Starter:
    """Every way of starting what was published; what is refused is refused alike."""
    if request.param == "container":
        return ContainerStarter(engine)
    place = request.getfixturevalue("place")
    return PodStarter(place.client, place.namespace)


@pytest.fixture(name="publish_")
def _publish(engine, registry, starter) -> Iterator[Callable[..., PublishEvidence]]:
    def publish_(snapshot: Snapshot, evidence: BuildEvidence, timeout_s: float = 60.0) -> PublishEvidence:
        request = PublishInput(snapshot, RELEASE, evidence, timeout_s=timeout_s)
        return publish(request, registry=registry, starter=starter, clock=now)

    yield publish_
    for image in engine.sdk.images.list(f"{lab('registry')}/ona-tests/{RELEASE}"):
        engine.sdk.images.remove(image.id, force=True)


def containers(engine: DockerEngine, repository: str) -> list[str]:
    found = engine.sdk.containers.list(all=True, filters={"label": LABEL})
    return [one.attrs["Config"]["Image"] for one in found if repository in one.attrs["Config"]["Image"]]


def test_the_committed_model_is_prepared_built_and_published(
    snapshot, prepared_once, registry, engine, publish_
):
    assert prepared_once.verdict is Verdict.PASSED, prepared_once.findings
    assert prepared_once.estimator == "sklearn.pipeline.Pipeline"
    evidence = built(snapshot, prepared_once, registry)
    published = publish_(snapshot, evidence)
    assert published.verdict is Verdict.PASSED, published.findings
    assert published.answer["label"] == [9]
    assert registry.resolve(evidence.repository, published.tag) == evidence.image == published.image.digest
    assert containers(engine, evidence.repository) == []


def test_a_model_that_changed_its_mind_is_refused_by_prepare(snapshot, engine, registry):
    question = msgspec.structs.replace(snapshot.declaration.question, answer={"label": (4,)})
    evidence = prepared(redeclared(snapshot, question=question), engine, registry)
    assert [finding.code for finding in evidence.findings] == ["wrong-answer"]


def test_a_damaged_model_is_refused_by_prepare(snapshot, engine, registry):
    (snapshot.model / "model.skops").write_bytes(b"PK damaged")
    remake_manifest(snapshot)
    evidence = prepared(snapshot, engine, registry)
    assert [finding.code for finding in evidence.findings] == ["does-not-load"]


def test_a_wrong_answer_of_the_published_image_is_refused_and_not_tagged(
    snapshot, prepared_once, registry, engine, publish_
):
    evidence = built(snapshot, prepared_once, registry)
    question = msgspec.structs.replace(snapshot.declaration.question, answer={"label": (4,)})
    published = publish_(redeclared(snapshot, question=question), evidence)
    assert [finding.code for finding in published.findings] == ["wrong-answer"]
    assert published.tag == ""
    assert containers(engine, evidence.repository) == []


def broken(evidence: BuildEvidence, registry: ImageRegistry, **settings) -> BuildEvidence:
    """The built image with other settings, its config in the registry."""
    registry.put_manifest(evidence.repository, evidence.image_manifest.encode())
    image = read_image(registry, evidence.reference, "")
    config = {**image.config, "config": {**image.config["config"], **settings}}
    changed = Image(config, image.layers)
    registry.put_blob(evidence.repository, Digest.of(changed.config_bytes), changed.config_bytes)
    return msgspec.structs.replace(
        evidence, image=changed.digest, image_manifest=changed.manifest_bytes.decode()
    )


def test_an_image_that_ends_at_once_is_refused_with_its_last_words(
    snapshot, prepared_once, registry, engine, publish_
):
    evidence = broken(built(snapshot, prepared_once, registry), registry, Cmd=["-m", "no_such_server"])
    published = publish_(snapshot, evidence)
    assert [finding.code for finding in published.findings] == ["did-not-start"]
    assert "No module named no_such_server" in published.findings[0].sentence
    assert containers(engine, evidence.repository) == []


def test_an_image_that_never_becomes_ready_is_refused(snapshot, prepared_once, registry, engine, publish_):
    changed = ["-c", "import time; time.sleep(600)"]
    evidence = broken(built(snapshot, prepared_once, registry), registry, Cmd=changed)
    published = publish_(snapshot, evidence, timeout_s=2)
    assert [finding.code for finding in published.findings] == ["did-not-start"]
    assert containers(engine, evidence.repository) == []


def test_without_an_engine_nothing_is_tagged(snapshot, prepared_once, registry):
    evidence = built(snapshot, prepared_once, registry, f"{RELEASE}-untagged")
    starter = ContainerStarter(DockerEngine("unix:///nowhere/docker.sock"))
    with pytest.raises(BackendError, match="the Docker engine is not there"):
        publish(PublishInput(snapshot, RELEASE, evidence), registry=registry, starter=starter, clock=now)
    assert registry.resolve(evidence.repository, f"{now():%Y-%m-%d}-0000000") is None


@pytest.mark.kubernetes
def test_an_image_that_the_node_cannot_pull_is_an_error_that_says_so(place):
    missing = PinnedReference(f"{lab('registry')}/ona-tests/nothing@sha256:{'0' * 64}")
    with (
        pytest.raises(BackendError, match=r"did not come to its end: ErrImagePull.*not found"),
        PodStarter(place.client, place.namespace).started(missing),
    ):
        pass
    path = f"/apis/batch/v1/namespaces/{place.namespace}/jobs"
    found = place.client.items(path, "look for trials")
    assert [one for one in found if "deletionTimestamp" not in one["metadata"]] == []
