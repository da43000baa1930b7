"""Graphs on the whole road, made of the committed estimator or committed; on a real engine and registry."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from ona_pipeline.build.build import BuildInput, build
from ona_pipeline.clients.docker import DockerEngine
from ona_pipeline.clients.oci import ImageRegistry
from ona_pipeline.image.forms import Forms
from ona_pipeline.image.runtime import Runtimes, RuntimeSettings
from ona_pipeline.policy import VerifyPolicy
from ona_pipeline.prepare.prepare import PrepareInput, prepare
from ona_pipeline.publish.container import ContainerStarter
from ona_pipeline.publish.publish import PublishInput, publish
from ona_pipeline.records.evidence import BuildEvidence, IntegrityEvidence, PreparedModel
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.sandbox.container import ContainerSandbox
from ona_pipeline.serving import manifest
from ona_pipeline.validate.ahead import Ahead
from ona_pipeline.validate.champion import Champion
from ona_pipeline.validate.validate import ValidateInput, validate
from ona_pipeline.verify.verify import VerifyInput, verify
from tests.backends import base_image, docker_engine, image_registry, lab
from tests.digits import estimator_of, lay_out, remake_manifest
from tests.fakes import stages

pytestmark = [
    pytest.mark.docker,
    pytest.mark.registry,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:skl2onnx.*", "ignore::FutureWarning"),
]
RELEASE = f"digits-20261125-{uuid.uuid4().hex[:6]}"
MOST_BYTES = 250_000_000  # of an image without scikit-learn, unpacked


def now() -> datetime:
    return datetime.now(UTC)


class Road:
    """The stages from verify to publish, with runtimes that stay and forms of their own."""

    def __init__(self, engine: DockerEngine, registry: ImageRegistry) -> None:
        host = lab("registry")
        self.registry = registry
        self.engine = engine
        self.sandbox = ContainerSandbox(engine)
        repository = f"{host}/ona-tests/{RELEASE}-form"
        self.forms = Forms(registry, repository, make_manifest=manifest.make)
        self.runtimes = Runtimes(registry, RuntimeSettings(base_image(), f"{host}/ona-tests/runtime"))

    def verify(self, snapshot: Snapshot) -> IntegrityEvidence:
        return verify(VerifyInput(snapshot, VerifyPolicy()), clock=now)

    def prepare(self, snapshot: Snapshot, *, with_forms: bool = True) -> PreparedModel:
        folder = snapshot.folder / "ahead"
        folder.mkdir(exist_ok=True)
        return prepare(
            PrepareInput(snapshot, self.verify(snapshot)),
            runtimes=self.runtimes,
            sandbox=self.sandbox,
            clock=now,
            beside=Ahead(snapshot, folder),
            forms=self.forms if with_forms else None,
        )

    def build(self, snapshot: Snapshot, prepared: PreparedModel) -> BuildEvidence:
        validation = stages.validated(snapshot, form=prepared.form_digest)
        repository = f"{lab('registry')}/ona-tests/{RELEASE}"
        request = BuildInput(snapshot, RELEASE, self.verify(snapshot), prepared, validation, repository)
        return build(request, registry=self.registry, clock=now)


@pytest.fixture(name="road", scope="module")
def _road() -> Iterator[Road]:
    engine = docker_engine()
    yield Road(engine, image_registry(lab("registry")))
    for image in engine.sdk.images.list(f"{lab('registry')}/ona-tests/{RELEASE}"):
        engine.sdk.images.remove(str(image.id), force=True)


def published(road: Road, snapshot: Snapshot, prepared: PreparedModel) -> int:
    """Publish, expect the known answer, and give the size of the image, unpacked, in bytes."""
    built = road.build(snapshot, prepared)
    evidence = publish(
        PublishInput(snapshot, RELEASE, built),
        registry=road.registry,
        starter=ContainerStarter(road.engine),
        clock=now,
    )
    assert evidence.verdict is Verdict.PASSED, evidence.findings
    assert evidence.answer["label"] == [9]
    reference = str(built.reference)
    road.engine.sdk.images.pull(reference)
    size: int = road.engine.sdk.images.get(reference).attrs["Size"]
    return size


def test_the_graph_of_the_committed_model_serves_and_is_what_was_validated(
    road: Road, tmp_path: Path
) -> None:
    snapshot = lay_out(tmp_path)
    prepared = road.prepare(snapshot)
    assert prepared.verdict is Verdict.PASSED, prepared.findings
    assert prepared.equality is not None
    assert (prepared.form, prepared.equality.is_shown) == ("onnx", True), prepared.equality
    assert {"numpy", "onnxruntime"} <= prepared.packages.keys()
    assert "scikit-learn" not in prepared.packages
    validation = validate(ValidateInput(snapshot, prepared), sandbox=road.sandbox, clock=now)
    assert (validation.verdict, validation.form_digest) == (Verdict.PASSED, prepared.form_digest)
    assert published(road, snapshot, prepared) < MOST_BYTES


def test_a_graph_is_compared_with_a_champion_of_the_other_form(road: Road, tmp_path: Path) -> None:
    serving = lay_out(tmp_path / "serving")
    estimator = road.prepare(serving, with_forms=False)
    assert estimator.form == "skops"
    built = road.build(serving, estimator)
    road.registry.put_manifest(built.repository, built.image_manifest.encode())
    candidate = lay_out(tmp_path / "candidate")
    found = validate(
        ValidateInput(candidate, road.prepare(candidate)),
        sandbox=road.sandbox,
        clock=now,
        champion=Champion("digits-before", built.reference),
    )
    assert found.verdict is Verdict.PASSED, found.findings
    assert found.comparison is not None
    assert found.comparison.changed_answers == 0


def test_a_committed_graph_goes_the_whole_road(road: Road, tmp_path: Path) -> None:
    snapshot = with_graph(lay_out(tmp_path))
    assert road.verify(snapshot).format == "onnx"
    prepared = road.prepare(snapshot)
    assert prepared.verdict is Verdict.PASSED, prepared.findings
    assert (prepared.form, prepared.form_digest, prepared.kept) == ("onnx", snapshot.model_digest, None)
    validation = validate(ValidateInput(snapshot, prepared), sandbox=road.sandbox, clock=now)
    assert validation.verdict is Verdict.PASSED, validation.findings
    assert published(road, snapshot, prepared) < MOST_BYTES


def with_graph(snapshot: Snapshot) -> Snapshot:
    """The committed model as somebody else would convert and commit it."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import DoubleTensorType

    given = [("pixels", DoubleTensorType([None, 64]))]
    graph = convert_sklearn(estimator_of(snapshot), initial_types=given, options={"zipmap": False})
    (snapshot.model / "model.skops").unlink()
    (snapshot.model / "model.onnx").write_bytes(graph.SerializeToString())
    described = yaml.safe_load((snapshot.model / "MLmodel").read_text())
    described["flavors"] = {"onnx": {"data": "model.onnx"}}
    (snapshot.model / "MLmodel").write_text(yaml.safe_dump(described))
    remake_manifest(snapshot)
    return snapshot
