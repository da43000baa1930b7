"""Faster forms of models, kept in the image registry: looked up by the digest of what they are made of.

One form is one OCI artifact: its config is what the comparison said, its one layer the file that serves. Of a
model without one the comparison alone is kept, so that nobody looks for it twice.

Source:
    OCI image specification 1.1, "Guidelines for Artifact Usage".
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from ona_pipeline.errors import BackendError
from ona_pipeline.image.document import Descriptor
from ona_pipeline.image.registry import Registry
from ona_pipeline.records.canonical import decode, encode
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.form import Form, form_of
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot

FILE = "model.onnx"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_SAID = "application/vnd.ona.form.v1+json"
_GRAPH = "application/vnd.ona.onnx.v1"
_NOTHING = "application/vnd.oci.empty.v1+json"
_KEY = "ona.form-key"


class Kept(msgspec.Struct, frozen=True):
    """A form in the image registry, or that there is none.

    Attributes:
        reference: where it is.
        said: what the comparison said, as it was written.
        has_graph: whether there is a form.
    """

    reference: PinnedReference
    said: bytes
    has_graph: bool


class _Artifact(msgspec.Struct, frozen=True):
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: dict[str, str]


class Forms:
    """All faster forms.

    Args:
        registry: where they are kept.
        repository: registry host and repository for them.
        make_manifest: writes the manifest of a folder, as the server reads it.
    """

    def __init__(
        self, registry: Registry, repository: str, *, make_manifest: Callable[[Path], bytes]
    ) -> None:
        self._registry = registry
        self._make_manifest = make_manifest
        self._repository = repository

    def find(self, key: Digest) -> Kept | None:
        """What was kept under a key; None where nothing was, or a tag was moved to something else."""
        digest = self._registry.resolve(self._repository, _tag(key))
        if digest is None:
            return None
        reference = PinnedReference.of(self._repository, digest)
        try:
            artifact = self._read(reference)
        except msgspec.MsgspecError:
            return None
        if artifact.annotations.get(_KEY) != key:
            return None
        said = self._registry.get_blob(self._repository, artifact.config.digest)
        return Kept(reference, said, artifact.layers[0].media_type == _GRAPH)

    def keep(self, key: Digest, said: bytes, graph: Path | None) -> Kept:
        """Keep a form, or that there is none, under a key."""
        config = self._send(_SAID, said)
        layer = self._send(_NOTHING, b"{}") if graph is None else self._send(_GRAPH, graph)
        content = encode(
            {
                "schemaVersion": 2,
                "mediaType": _MANIFEST,
                "artifactType": _SAID,
                "config": config,
                "layers": [layer],
                "annotations": {_KEY: key},
            }
        )
        digest = self._registry.put_manifest(self._repository, content, tag=_tag(key))
        return Kept(PinnedReference.of(self._repository, digest), said, graph is not None)

    def lay_out(self, snapshot: Snapshot, reference: PinnedReference | None) -> Form:
        """The form that serves; the files of a kept one are put beside the snapshot's, with a manifest.

        Args:
            snapshot: of the model.
            reference: where the form is kept; None where it is as it was committed.

        Raises:
            BackendError: the image registry has it no more, or is not there.
        """
        form = form_of(snapshot, reference)
        if reference is None or form.manifest.is_file():
            return form
        try:
            layer = self._read(reference).layers[0]
        except msgspec.MsgspecError as error:
            raise BackendError(
                f"the image registry has no form of a model at {reference}",
                hint="release again: it is made anew",
            ) from error
        form.folder.mkdir(parents=True, exist_ok=True)
        self._registry.save_blob(reference.repository, layer.digest, form.folder / FILE)
        form.manifest.write_bytes(self._make_manifest(form.folder))
        return form

    def _send(self, media_type: str, content: bytes | Path) -> Descriptor:
        if isinstance(content, Path):
            with content.open("rb") as file:
                digest = Digest(f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}")
            size = content.stat().st_size
        else:
            digest, size = Digest.of(content), len(content)
        if not self._registry.exists(self._repository, digest):
            self._registry.put_blob(self._repository, digest, content)
        return Descriptor(media_type, digest, size)

    def _read(self, reference: PinnedReference) -> _Artifact:
        content = self._registry.get_manifest(reference.repository, reference.digest)
        return decode(content or b"", _Artifact)


def _tag(key: Digest) -> str:
    return f"form-{key.hex[:32]}"
