"""Real serving images of the digits model: the project's server, runtime and layers, for tests of targets."""

import functools
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ona_pipeline.build.build import BuildInput, build
from ona_pipeline.image.runtime import Runtimes, RuntimeSettings
from ona_pipeline.prepare.prepare import PrepareInput, prepare
from ona_pipeline.records.evidence import PreparedModel
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.rollout.interface import Change
from ona_pipeline.sandbox.container import ContainerSandbox
from tests.backends import base_image, docker_engine, image_registry, lab
from tests.digits import MODEL, lay_out
from tests.fakes import stages

Spoil = Callable[[Snapshot], Snapshot]


def change(release: str, *, environment: str = "testing", spoil: Spoil | None = None) -> Change:
    """What a target is to serve: the committed model, or what `spoil` makes of it, as `release`."""
    with tempfile.TemporaryDirectory(prefix="ona-") as folder:
        snapshot = lay_out(Path(folder))
        question = snapshot.declaration.question
    return Change(
        model=MODEL.name,
        environment=environment,
        release=release,
        image=image(release, spoil),
        question=question,
    )


@functools.cache
def image(release: str, spoil: Spoil | None = None) -> PinnedReference:
    """An image in the registry that serves as `release`."""
    with tempfile.TemporaryDirectory(prefix="ona-") as folder:
        snapshot = lay_out(Path(folder))
        if spoil is None:
            return _built(snapshot, release, _prepared_as_committed())
        spoilt = spoil(snapshot)
        return _built(spoilt, release, _prepared(spoilt))


def _built(snapshot: Snapshot, release: str, prepared: PreparedModel) -> PinnedReference:
    registry, repository = image_registry(lab("registry")), f"{lab('registry')}/ona-test/{MODEL.name}"
    gates = (stages.integrity(snapshot), prepared, stages.validated(snapshot))
    built = build(BuildInput(snapshot, release, *gates, repository), registry=registry, clock=_now)
    registry.put_manifest(repository, built.image_manifest.encode())
    return built.reference


@functools.cache
def _prepared_as_committed() -> PreparedModel:
    with tempfile.TemporaryDirectory(prefix="ona-") as folder:
        return _prepared(lay_out(Path(folder)))


def _prepared(snapshot: Snapshot) -> PreparedModel:
    settings = RuntimeSettings(base_image(), f"{lab('registry')}/ona-tests/runtime")
    runtimes = Runtimes(image_registry(lab("registry")), settings)
    request = PrepareInput(snapshot, stages.integrity(snapshot))
    found = prepare(request, runtimes=runtimes, sandbox=ContainerSandbox(docker_engine()), clock=_now)
    assert not found.findings, found.findings
    return found


def _now() -> datetime:
    return datetime.now(UTC)
