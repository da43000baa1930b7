"""What is needed of an image registry; `clients/oci.py` and its neighbours do it."""

from pathlib import Path
from typing import Protocol

from ona_pipeline.records.digest import Digest


class Registry(Protocol):
    """Blobs, image manifests and tags. Every method raises BackendError where the registry cannot say."""

    def require_push(self, repository: str) -> None:
        """Raise where nothing could be sent to the repository: unknown to the registry, or not let in."""
        ...

    def exists(self, repository: str, digest: Digest) -> bool:
        """Whether the repository has that blob."""
        ...

    def put_blob(self, repository: str, digest: Digest, content: bytes | Path) -> None:
        """Send a blob: from memory, or streamed from a file."""
        ...

    def mount(self, repository: str, digest: Digest, source: str) -> bool:
        """Have a blob of repository `source` here too, without sending it; False where it must be sent."""
        ...

    def put_manifest(self, repository: str, content: bytes, *, tag: str = "") -> Digest:
        """Write an image manifest, under its digest or under a tag."""
        ...

    def resolve(self, repository: str, tag: str) -> Digest | None:
        """The digest that a tag points to; None without the tag."""
        ...

    def get_manifest(self, repository: str, reference: str) -> bytes | None:
        """The bytes of an image manifest or index; None where there is none."""
        ...

    def get_blob(self, repository: str, digest: Digest) -> bytes:
        """The bytes of a small blob."""
        ...

    def save_blob(self, repository: str, digest: Digest, path: Path) -> None:
        """Stream a blob into a file."""
        ...


class Attachments(Protocol):
    """Artifacts that say something about an image. Every method raises BackendError likewise."""

    def attach(self, repository: str, subject: Digest, content: bytes) -> Digest:
        """Write the manifest of an artifact that names `subject`."""
        ...

    def referrers(self, repository: str, subject: Digest) -> tuple[Digest, ...]:
        """The manifests of the artifacts that name `subject`."""
        ...


class Removals(Protocol):
    """What may be listed and deleted. Every method raises BackendError likewise."""

    def tags_of(self, repository: str) -> tuple[str, ...]:
        """All tags of a repository; none where there is no such repository."""
        ...

    def delete(self, repository: str, digest: Digest, *, tag: str = "") -> bool:
        """Delete an image manifest, and the tag that leads to it; False where it was not there."""
        ...
