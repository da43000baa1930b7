"""Signed statements beside an image, in its registry: one OCI artifact each, with the image as its subject.

Source:
    OCI image specification 1.1, "Guidelines for Artifact Usage"; the annotations are cosign's.
"""

from collections.abc import Callable, Iterator

import msgspec

from ona_pipeline.attestation.bundle import MEDIA_TYPE, UNREADABLE, is_by, seal, unseal
from ona_pipeline.attestation.keys import fingerprint
from ona_pipeline.attestation.signer import Signer
from ona_pipeline.attestation.statement import Origin, statements
from ona_pipeline.image.document import Descriptor, read_layers
from ona_pipeline.image.registry import Attachments, Registry
from ona_pipeline.records.attestation import Attestation
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.reference import PinnedReference

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_EMPTY = "application/vnd.oci.empty.v1+json"
_NOTHING = b"{}"
_MOST_BYTES = 16 * 2**20


class Attached(msgspec.Struct, frozen=True):
    """A bundle beside an image.

    Attributes:
        digest: of the artifact's manifest.
        bundle: its content.
    """

    digest: Digest
    bundle: bytes


def attached(registry: Registry, attachments: Attachments, image: PinnedReference) -> Iterator[Attached]:
    """Every Sigstore bundle beside an image; whoever may push may put one there.

    Raises:
        BackendError: the image registry is not there.
    """
    for digest in attachments.referrers(image.repository, image.digest):
        content = registry.get_manifest(image.repository, digest)
        for layer in read_layers(content or b""):
            if layer.media_type == MEDIA_TYPE and layer.size <= _MOST_BYTES:
                yield Attached(digest, registry.get_blob(image.repository, layer.digest))


def attacher(
    registry: Registry, attachments: Attachments, signer: Signer
) -> Callable[[Origin], tuple[Attestation, ...]]:
    """What signs the statements of an image and attaches them; those that are there already are left.

    The function raises BackendError where the registry is not there, or the key did not sign.
    """

    def attach(origin: Origin) -> tuple[Attestation, ...]:
        image = origin.built.reference
        there = dict(_by(signer, attached(registry, attachments, image)))
        key = fingerprint(signer.public_key)
        found = []
        for kind, statement in statements(origin).items():
            digest = there.get(statement)
            if digest is None:
                bundle = seal(statement, signer)
                digest = put(registry, attachments, origin, kind, bundle)
            found.append(Attestation(kind, digest, key))
        return tuple(found)

    return attach


def _by(signer: Signer, found: Iterator[Attached]) -> Iterator[tuple[bytes, Digest]]:
    """Statement to artifact, of what the key has signed."""
    for one in found:
        try:
            opened = unseal(one.bundle)
        except UNREADABLE:
            continue
        if is_by(signer.public_key, opened):
            yield opened.payload, one.digest


def put(registry: Registry, attachments: Attachments, origin: Origin, kind: str, bundle: bytes) -> Digest:
    """Put a bundle beside an image, whatever is in it; the same one twice is one.

    Raises:
        BackendError: the image registry is not there, or refuses.
    """
    built = origin.built
    for content in (_NOTHING, bundle):
        if not registry.exists(built.repository, Digest.of(content)):
            registry.put_blob(built.repository, Digest.of(content), content)
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "artifactType": MEDIA_TYPE,
        "config": _descriptor(_EMPTY, _NOTHING),
        "layers": [_descriptor(MEDIA_TYPE, bundle)],
        "subject": _descriptor(_MANIFEST, built.image_manifest.encode()),
        "annotations": {
            "org.opencontainers.image.created": built.finished_at,
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": kind,
        },
    }
    return attachments.attach(built.repository, built.image, encode(manifest))


def _descriptor(media_type: str, content: bytes) -> Descriptor:
    return Descriptor(media_type, Digest.of(content), len(content))
