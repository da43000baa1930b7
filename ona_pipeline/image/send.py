"""Sending what a repository lacks, and nothing else."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from ona_pipeline.image.document import Image
from ona_pipeline.image.registry import Registry
from ona_pipeline.records.digest import Digest


def send_blobs(
    registry: Registry, repository: str, image: Image, *, own: Mapping[Digest, bytes | Path], parent: str
) -> int:
    """Have every blob of an image in a repository; its image manifest is not written here.

    Args:
        registry: the client.
        repository: where the image will be.
        image: whose config and layers are wanted there.
        own: layers that were just made, by digest.
        parent: the repository that has all the other layers.

    Returns:
        Bytes that were sent.

    Raises:
        BackendError: the registry is not there, or did not take a blob; nothing refers to the others then.
    """
    config = image.config_bytes
    contents = {**own, Digest.of(config): config}
    sizes = {**{layer.digest: layer.size for layer in image.layers}, Digest.of(config): len(config)}
    missing = [digest for digest in sizes if not registry.exists(repository, digest)]
    sent_bytes = 0
    for digest in missing:
        if _was_sent(registry, repository, digest, contents, parent):
            sent_bytes += sizes[digest]
    return sent_bytes


def _was_sent(
    registry: Registry, repository: str, digest: Digest, contents: Mapping[Digest, bytes | Path], parent: str
) -> bool:
    if digest in contents:
        registry.put_blob(repository, digest, contents[digest])
        return True
    is_same_host = repository.partition("/")[0] == parent.partition("/")[0]
    if is_same_host and registry.mount(repository, digest, parent):
        return False
    with tempfile.TemporaryDirectory(prefix="ona-blob-") as folder:
        path = Path(folder) / "blob"
        registry.save_blob(parent, digest, path)
        registry.put_blob(repository, digest, path)
    return True
