"""Small images for tests."""

import io

from ona_pipeline.image.document import Image
from ona_pipeline.image.layer import pack
from ona_pipeline.image.registry import Registry
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.reference import PinnedReference

EMPTY = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}}


def put_image(registry: Registry, repository: str, files: dict[str, bytes], **config) -> PinnedReference:
    """An image of one layer, in the registry."""
    output = io.BytesIO()
    layer = pack(files, output)
    image = Image({**EMPTY, "config": config}, ()).with_layer(layer, origin="test", settings={})
    registry.put_blob(repository, layer.digest, output.getvalue())
    registry.put_blob(repository, Digest.of(image.config_bytes), image.config_bytes)
    return PinnedReference.of(repository, registry.put_manifest(repository, image.manifest_bytes))


def put_index(registry: Registry, repository: str, images: dict[str, PinnedReference]) -> PinnedReference:
    """An index of images by platform, in the registry."""
    manifests = [
        {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": image.digest,
            "size": len(registry.get_manifest(repository, image.digest) or b""),
            "platform": dict(zip(("os", "architecture"), platform.split("/"), strict=True)),
        }
        for platform, image in images.items()
    ]
    media_type = "application/vnd.oci.image.index.v1+json"
    index = encode({"schemaVersion": 2, "mediaType": media_type, "manifests": manifests})
    return PinnedReference.of(repository, registry.put_manifest(repository, index))
