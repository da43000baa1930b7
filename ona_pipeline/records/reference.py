"""A reference to an image that cannot move."""

from typing import Self

from ona_pipeline.records.digest import Digest


class PinnedReference(str):
    """``repository@sha256:…``, for example ``registry.example/ona/digits@sha256:…``.

    The digest is that of the *image manifest*. Only pinned references reach a target.

    Raises:
        ValueError: there is no repository, or no digest, or a tag beside the digest.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Take the text as it is, or refuse it."""
        repository, at, digest = text.partition("@")
        if not (repository and at) or ":" in repository.rpartition("/")[2]:
            raise ValueError(f"not a pinned reference (repository@sha256:…): {text!r}")
        Digest(digest)
        return super().__new__(cls, text)

    @classmethod
    def of(cls, repository: str, digest: Digest) -> Self:
        """The reference to `digest` in `repository` (registry host included)."""
        return cls(f"{repository}@{digest}")

    @property
    def repository(self) -> str:
        """Registry host, port and repository, without the digest."""
        return self.partition("@")[0]

    @property
    def digest(self) -> Digest:
        """The digest of the image manifest."""
        return Digest(self.partition("@")[2])
