"""An image registry in memory, held to the same contract as the real one."""

from pathlib import Path

from ona_pipeline.errors import BackendError
from ona_pipeline.records.digest import Digest


class FakeRegistry:
    def __init__(self) -> None:
        self.blobs: dict[tuple[str, str], bytes] = {}
        self.manifests: dict[tuple[str, str], bytes] = {}
        self.attached: dict[tuple[str, Digest], dict[Digest, bytes]] = {}
        self.closed: set[str] = set()
        self.sent: list[Digest] = []
        self.mounted: list[Digest] = []

    def require_push(self, repository: str) -> None:
        if repository in self.closed:
            raise BackendError(f"the registry fake lets nobody send to {repository}")

    def exists(self, repository: str, digest: Digest) -> bool:
        return (repository, digest) in self.blobs

    def put_blob(self, repository: str, digest: Digest, content: bytes | Path) -> None:
        body = content.read_bytes() if isinstance(content, Path) else content
        if Digest.of(body) != digest:
            raise BackendError(f"the registry fake refused {digest}: its bytes are others")
        self.sent.append(digest)
        self.blobs[repository, digest] = body

    def mount(self, repository: str, digest: Digest, source: str) -> bool:
        if (source, digest) not in self.blobs:
            return False
        self.mounted.append(digest)
        self.blobs[repository, digest] = self.blobs[source, digest]
        return True

    def put_manifest(self, repository: str, content: bytes, *, tag: str = "") -> Digest:
        digest = Digest.of(content)
        self.manifests[repository, digest] = content
        if tag:
            self.manifests[repository, tag] = content
        return digest

    def resolve(self, repository: str, tag: str) -> Digest | None:
        content = self.get_manifest(repository, tag)
        return None if content is None else Digest.of(content)

    def get_manifest(self, repository: str, reference: str) -> bytes | None:
        return self.manifests.get((repository, reference))

    def attach(self, repository: str, subject: Digest, content: bytes) -> Digest:
        digest = self.put_manifest(repository, content)
        self.attached.setdefault((repository, subject), {})[digest] = content
        return digest

    def referrers(self, repository: str, subject: Digest) -> tuple[Digest, ...]:
        return tuple(self.attached.get((repository, subject), {}))

    def tags_of(self, repository: str) -> tuple[str, ...]:
        return tuple(tag for where, tag in self.manifests if where == repository and ":" not in tag)

    def delete(self, repository: str, digest: Digest, *, tag: str = "") -> bool:
        content = self.manifests.pop((repository, digest), None)
        same = [key for key, value in self.manifests.items() if (key[0], value) == (repository, content)]
        for key in same:
            del self.manifests[key]
        for (where, _), beside in self.attached.items():
            if where == repository:
                beside.pop(digest, None)
        return content is not None

    def get_blob(self, repository: str, digest: Digest) -> bytes:
        if (repository, digest) not in self.blobs:
            raise BackendError(f"the registry fake has no {digest}")
        return self.blobs[repository, digest]

    def save_blob(self, repository: str, digest: Digest, path: Path) -> None:
        path.write_bytes(self.get_blob(repository, digest))

    def tags(self) -> list[str]:
        return sorted(reference for _, reference in self.manifests if not reference.startswith("sha256:"))
