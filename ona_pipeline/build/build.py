"""The stage: runtime image + model layer = serving image."""

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from ona_pipeline.build.layer import model_files
from ona_pipeline.image.base import read_image
from ona_pipeline.image.document import Image
from ona_pipeline.image.layer import Layer, pack
from ona_pipeline.image.registry import Registry
from ona_pipeline.image.release_json import Served, release_json
from ona_pipeline.image.send import send_blobs
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import BuildEvidence, IntegrityEvidence, PreparedModel, ValidationEvidence
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.form import form_of
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot


class BuildInput(msgspec.Struct, frozen=True):
    """What `build` works on.

    Attributes:
        snapshot: the model's files.
        release: the release id, which the image will answer with.
        integrity: of these files.
        prepared: the runtime and the form that will serve.
        validation: of that form.
        repository: registry host and repository for the image.

    Raises:
        ValueError: the evidence is of another model or form, or refuses it.
    """

    snapshot: Snapshot
    release: str
    integrity: IntegrityEvidence
    prepared: PreparedModel
    validation: ValidationEvidence
    repository: str

    def __post_init__(self) -> None:
        evidence = (self.integrity, self.prepared, self.validation)
        if {one.subject for one in evidence} != {self.snapshot.model_digest}:
            raise ValueError("the evidence is of another model")
        if Verdict.REFUSED in {one.verdict for one in evidence}:
            raise ValueError("a gate refused the model")
        if self.validation.form_digest != self.prepared.form_digest:
            raise ValueError("another form was validated than was prepared")


def build(request: BuildInput, *, registry: Registry, clock: Callable[[], datetime]) -> BuildEvidence:
    """Make the serving image, and send the registry the blobs that it lacks.

    Args:
        request: the model and the evidence before.
        registry: where the runtime is, and the image will be.
        clock: gives the time, UTC.

    Returns:
        The image, with the exact text of its image manifest. This stage refuses nothing.

    Raises:
        BackendError: the registry is not there, or refused a blob; no tag and no image manifest was written.
    """
    started_at = clock()
    runtime = _runtime(request.prepared)
    with tempfile.TemporaryDirectory(prefix="ona-layer-") as folder:
        content = Path(folder) / "layer"
        layer = _packed(request, content)
        image = _image(request, read_image(registry, runtime, ""), layer)
        own: dict[Digest, bytes | Path] = {layer.digest: content}
        new_bytes = send_blobs(registry, request.repository, image, own=own, parent=runtime.repository)
    return BuildEvidence(
        subject=request.snapshot.model_digest,
        started_at=started_at,
        finished_at=clock(),
        repository=request.repository,
        image=image.digest,
        image_manifest=image.manifest_bytes.decode(),
        model_layer=layer.digest,
        new_bytes=new_bytes,
        size_bytes=image.size_bytes,
    )


def _runtime(prepared: PreparedModel) -> PinnedReference:
    if prepared.runtime is None:
        raise ValueError("the prepared model has no runtime")
    return prepared.runtime


def _packed(request: BuildInput, content: Path) -> Layer:
    prepared, snapshot = request.prepared, request.snapshot
    release_file = release_json(snapshot, Served.of(prepared), release=request.release)
    with content.open("wb") as output:
        return pack(model_files(form_of(snapshot, prepared.kept), release_file), output)


def _image(request: BuildInput, runtime: Image, layer: Layer) -> Image:
    labels = {
        "org.opencontainers.image.title": request.snapshot.name,
        "org.opencontainers.image.revision": request.snapshot.origins.commit,
        "org.opencontainers.image.version": request.release,
        "ona.model-digest": request.snapshot.model_digest,
    }
    return runtime.with_layer(layer, origin="ona model", settings={"Labels": labels})
