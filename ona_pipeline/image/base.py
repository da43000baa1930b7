"""Images in a registry, read as data; of an index, the one for our platform."""

from typing import Any

import msgspec

from ona_pipeline.errors import UsageError
from ona_pipeline.image.document import Image, read_manifest
from ona_pipeline.image.registry import Registry
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.reference import PinnedReference


def read_image(registry: Registry, reference: PinnedReference, platform: str) -> Image:
    """The image that a pinned reference names.

    Args:
        registry: where to read.
        reference: an image manifest, or an index of several.
        platform: ``linux/amd64``, to choose from an index.

    Raises:
        UsageError: there is no such image, none for the platform, or none that can be built upon.
        BackendError: the image registry is not there.
    """
    content = registry.get_manifest(reference.repository, reference.digest)
    if content is None:
        raise UsageError(
            f"the image registry has no image {reference}", hint="name another base, by digest, in [tool.ona]"
        )
    try:
        document = msgspec.json.decode(content)
        if "manifests" in document:
            chosen = PinnedReference.of(reference.repository, _chosen(document, platform))
            return read_image(registry, chosen, platform)
        config, layers = read_manifest(content)
        return Image(msgspec.json.decode(registry.get_blob(reference.repository, config)), layers)
    except (ValueError, msgspec.MsgspecError) as error:
        raise UsageError(f"{reference} cannot be built upon: {error}") from error


def _chosen(index: dict[str, Any], platform: str) -> Digest:
    offered = {_platform(entry): entry["digest"] for entry in index["manifests"]}
    if platform not in offered:
        raise ValueError(f"wanted an image for {platform}, found {', '.join(sorted(offered))}")
    return Digest(offered[platform])


def _platform(entry: dict[str, Any]) -> str:
    platform = entry.get("platform", {})
    return f"{platform.get('os', 'unknown')}/{platform.get('architecture', 'unknown')}"
