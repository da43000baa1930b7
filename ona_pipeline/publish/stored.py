"""What the registry holds, compared with what was built."""

import msgspec

from ona_pipeline.image.document import read_manifest
from ona_pipeline.image.registry import Registry
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import BuildEvidence, PublishEvidence
from ona_pipeline.records.finding import Finding


class Stored(msgspec.Struct, frozen=True):
    """What the registry has of an image that was published earlier.

    Attributes:
        tag: the digest that the release's tag leads to now; empty where there is no such tag.
        missing: a sentence for each part of the image that is not there; empty where it is whole.
    """

    tag: str
    missing: tuple[str, ...]


def look(registry: Registry, published: PublishEvidence, built: BuildEvidence) -> Stored:
    """Whether a published image is still there, whole, and where its tag leads.

    Raises:
        BackendError: the registry is not there.
    """
    repository, image = published.image.repository, published.image.digest
    tag = registry.resolve(repository, published.tag)
    if registry.get_manifest(repository, image) is None:
        return Stored(tag or "", (f"image: wanted {published.image}, found nothing in the image registry",))
    blobs = (f"image: wanted blob {one.subject}, found nothing" for one in missing_blobs(registry, built))
    attestations = (
        f"attestation: wanted {one.predicate} at {one.digest}, found nothing beside {published.image}"
        for one in published.attestations
        if registry.get_manifest(repository, one.digest) is None
    )
    return Stored(tag or "", (*blobs, *attestations))


def missing_blobs(registry: Registry, built: BuildEvidence) -> tuple[Finding, ...]:
    """A `blob-missing` for each blob of the image that the repository does not have."""
    config, layers = read_manifest(built.image_manifest.encode())
    wanted = [config, *(layer.digest for layer in layers)]
    return tuple(
        Finding(
            "blob-missing",
            digest,
            f"{built.repository} has no blob {digest} any more",
            hint="release again: what is missing is sent again",
        )
        for digest in wanted
        if not registry.exists(built.repository, digest)
    )


def write_manifest(registry: Registry, built: BuildEvidence) -> tuple[Finding, ...]:
    """Write the image manifest under its digest; `digest-mismatch` where it is not the one that was built."""
    content = built.image_manifest.encode()
    found = Digest.of(content)
    if found == built.image:
        registry.put_manifest(built.repository, content)
        return ()
    return (
        Finding(
            "digest-mismatch",
            built.reference,
            f"the image manifest in the evidence has another digest: wanted {built.image}, found {found}",
        ),
    )


def write_tag(registry: Registry, built: BuildEvidence, tag: str) -> tuple[Finding, ...]:
    """Write the image manifest under a tag too; `tag-moved` where the tag does not lead back to it."""
    registry.put_manifest(built.repository, built.image_manifest.encode(), tag=tag)
    found = registry.resolve(built.repository, tag)
    if found == built.image:
        return ()
    return (
        Finding(
            "tag-moved",
            f"{built.repository}:{tag}",
            f"{built.repository}:{tag} was written and read back: wanted {built.image}, found {found}",
            hint="somebody else writes this tag: use a repository of its own for each project",
        ),
    )


def free_tag(registry: Registry, built: BuildEvidence, tag: str, suffix: str) -> str:
    """`tag`, or with the suffix where another image has it already: tags of releases do not move."""
    holder = registry.resolve(built.repository, tag)
    return tag if holder in {None, built.image} else f"{tag}-{suffix}"
