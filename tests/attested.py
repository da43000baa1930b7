"""An image with its attestations, in a registry, as a release leaves it."""

import uuid
from datetime import UTC, datetime

import msgspec

from ona_pipeline.attestation.attach import attacher
from ona_pipeline.attestation.judge import ImageVerdict, judge_image
from ona_pipeline.attestation.keys import public_key as read_public
from ona_pipeline.attestation.signer import FileSigner, Signer
from ona_pipeline.attestation.statement import Origin
from ona_pipeline.clients.oci import ImageRegistry
from ona_pipeline.clients.oci_calls import RegistryCalls
from ona_pipeline.clients.oci_referrers import Referrers
from ona_pipeline.image.registry import Attachments, Registry
from ona_pipeline.records.attestation import Attestation
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot
from tests.certificates import Authority
from tests.fakes import stages
from tests.fakes.images import put_image
from tests.signing_keys import private_key, public_key

PACKAGES = {"numpy": "2.3.5", "scikit_learn": "1.7.2", "typing-extensions": "4.15.0"}


class Place(msgspec.Struct, frozen=True):
    """A registry, and what lies beside its images."""

    registry: Registry
    attachments: Attachments

    def judged(self, image: PinnedReference, key: bytes | None = None) -> ImageVerdict:
        """What `ona verify` finds, by the releaser's key where no other is given."""
        known = read_public(public_key(key or private_key()), where="the test")
        return judge_image(image, (known,), registry=self.registry, attachments=self.attachments)


def place(authority: Authority) -> Place:
    """Registries over TLS, by certificates of an authority of the test's own."""
    calls = RegistryCalls(ca_bundle=authority.certificate_file)
    registry = ImageRegistry(calls)
    return Place(registry, Referrers(calls, registry))


def published(where: Place, repository: str, snapshot: Snapshot, **labels: str) -> Origin:
    """An image that says of itself what a release says of it, and what is known of it; nothing is signed."""
    release = f"digits-20261123-{uuid.uuid4().hex[:6]}"
    said = {
        "org.opencontainers.image.revision": snapshot.origins.commit,
        "org.opencontainers.image.version": release,
        "ona.model-digest": snapshot.model_digest,
    }
    image = put_image(where.registry, repository, {"a": release.encode()}, Labels=said | labels)
    manifest = where.registry.get_manifest(repository, image.digest) or b""
    runtime = PinnedReference.of(f"{repository}/runtime", Digest.of(b"runtime"))
    return Origin(
        model=snapshot.name,
        release=release,
        origins=snapshot.origins,
        integrity=stages.integrity(snapshot),
        prepared=msgspec.structs.replace(stages.prepared(snapshot, runtime), packages=PACKAGES),
        validation=stages.validated(snapshot),
        built=stages.built(snapshot, repository, manifest),
    )


def attach(where: Place, origin: Origin, signer: Signer | None = None) -> tuple[Attestation, ...]:
    """Sign what is known, by the releaser's key where no other is given."""
    by = signer or FileSigner(private_key())
    return attacher(where.registry, where.attachments, by)(origin)


def now() -> datetime:
    return datetime.now(UTC)
