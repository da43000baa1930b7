"""Image registries: blobs, image manifests and tags, over OCI distribution.

What is read is compared with its digest before anyone sees it. What is written is safe to write again.

Source:
    OCI distribution specification 1.1: "Pull", "Push", "Mounting a blob from another repository".
"""

import hashlib
from contextlib import nullcontext, suppress
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec

from ona_pipeline.clients.oci_calls import RegistryCalls
from ona_pipeline.clients.oci_credentials import name_of
from ona_pipeline.clients.oci_session import Call
from ona_pipeline.errors import BackendError
from ona_pipeline.records.digest import Digest

_OK, _CREATED, _ACCEPTED, _NO_CONTENT, _NOT_FOUND = 200, 201, 202, 204, 404
_BINARY = {"Content-Type": "application/octet-stream"}
_ACCEPT = (
    "application/vnd.oci.image.manifest.v1+json,application/vnd.oci.image.index.v1+json,"
    "application/vnd.docker.distribution.manifest.v2+json,"
    "application/vnd.docker.distribution.manifest.list.v2+json"
)


class ImageRegistry:
    """All image registries; which one is the first part of each repository's name.

    Args:
        calls: the way to them; None for one with what is usual.
    """

    def __init__(self, calls: RegistryCalls | None = None) -> None:
        self._calls = calls or RegistryCalls()

    def require_push(self, repository: str) -> None:
        """Find out whether an image could be sent: an upload is opened, and given up.

        Raises:
            BackendError: the registry is not there, does not know us, or does not let us.
        """
        action = f"open an upload to {name_of(repository)}"
        opened = self._calls.answer(_opening(repository), action, (_ACCEPTED,))
        location = urljoin(opened.url, opened.headers.get("Location", ""))
        call = Call(repository=repository, method="DELETE", path=location)
        # A registry forgets by itself what it does not let us give up.
        with suppress(BackendError):
            self._calls.answer(call, f"give up an upload to {name_of(repository)}", (_NO_CONTENT,))

    def exists(self, repository: str, digest: Digest) -> bool:
        """Whether the repository has that blob.

        Raises:
            BackendError: the registry is not there, or answers neither yes nor no.
        """
        call = Call(repository=repository, method="HEAD", path=f"blobs/{digest}")
        return self._calls.answer(call, f"look for {digest}", (_OK, _NOT_FOUND)).status_code == _OK

    def put_blob(self, repository: str, digest: Digest, content: bytes | Path) -> None:
        """Send a blob: from memory, or streamed from a file.

        Raises:
            BackendError: the registry is not there, or did not take it whole; nothing refers to it then.
        """
        action = f"send {digest}"
        self._calls.repeated(repository, action, lambda: self._upload(repository, digest, content, action))

    def mount(self, repository: str, digest: Digest, source: str) -> bool:
        """Have a blob of repository `source`, on the same host, in `repository` too, without sending it.

        Returns:
            Whether it is there now; a registry may decline, and then it must be sent.

        Raises:
            BackendError: the registry is not there, or refuses.
        """
        path = f"blobs/uploads/?{urlencode({'mount': digest, 'from': name_of(source)})}"
        call = Call(repository=repository, method="POST", path=path)
        return self._calls.answer(call, f"mount {digest}", (_CREATED, _ACCEPTED)).status_code == _CREATED

    def put_manifest(self, repository: str, content: bytes, *, tag: str = "") -> Digest:
        """Write an image manifest, under its digest or under a tag.

        Raises:
            BackendError: the registry is not there, or refuses; the tag is then as it was.
        """
        digest = Digest.of(content)
        headers = {"Content-Type": str(msgspec.json.decode(content)["mediaType"])}
        path = f"manifests/{tag or digest}"
        call = Call(repository=repository, method="PUT", path=path, headers=headers, body=content)
        self._calls.answer(call, f"write {name_of(repository)} at {tag or digest}", (_CREATED,))
        return digest

    def resolve(self, repository: str, tag: str) -> Digest | None:
        """The digest that a tag points to, computed from the image manifest's bytes; None without the tag.

        Raises:
            BackendError: the registry is not there, or says another digest than its bytes have.
        """
        content = self.get_manifest(repository, tag)
        return None if content is None else Digest.of(content)

    def get_manifest(self, repository: str, reference: str) -> bytes | None:
        """The bytes of an image manifest or index, by tag or digest; None where there is none.

        Raises:
            BackendError: the registry is not there, or gave other bytes than the digest names.
        """
        path = f"manifests/{reference}"
        call = Call(repository=repository, method="GET", path=path, headers={"Accept": _ACCEPT})
        response = self._calls.answer(call, f"read {name_of(repository)} at {reference}", (_OK, _NOT_FOUND))
        if response.status_code == _NOT_FOUND:
            return None
        said = response.headers.get("Docker-Content-Digest", "")
        return _compared(response.content, reference if ":" in reference else said, repository)

    def get_blob(self, repository: str, digest: Digest) -> bytes:
        """The bytes of a small blob, such as an image config.

        Raises:
            BackendError: the registry is not there, has no such blob, or gave other bytes.
        """
        call = Call(repository=repository, method="GET", path=f"blobs/{digest}")
        return _compared(self._calls.answer(call, f"read {digest}", (_OK,)).content, digest, repository)

    def save_blob(self, repository: str, digest: Digest, path: Path) -> None:
        """Stream a blob, such as a layer, into a file.

        Raises:
            BackendError: the registry is not there, has no such blob, or gave other bytes.
        """
        call = Call(repository=repository, method="GET", path=f"blobs/{digest}", is_streamed=True)
        action = f"read {digest}"

        def save() -> None:
            hashed = hashlib.sha256()
            with self._calls.once(call, action, (_OK,)) as response, path.open("wb") as file:
                for chunk in response.iter_content(2**20):
                    hashed.update(chunk)
                    file.write(chunk)
            _require_equal(Digest(f"sha256:{hashed.hexdigest()}"), digest, repository)

        self._calls.repeated(repository, action, save)

    def _upload(self, repository: str, digest: Digest, content: bytes | Path, action: str) -> None:
        opened = self._calls.once(_opening(repository), action, (_ACCEPTED,))
        location = urljoin(opened.url, opened.headers.get("Location", ""))
        target = f"{location}{'&' if urlsplit(location).query else '?'}{urlencode({'digest': digest})}"
        with content.open("rb") if isinstance(content, Path) else nullcontext(content) as body:
            call = Call(repository=repository, method="PUT", path=target, headers=_BINARY, body=body)
            self._calls.once(call, action, (_CREATED,))


def _opening(repository: str) -> Call:
    return Call(repository=repository, method="POST", path="blobs/uploads/")


def _compared(content: bytes, wanted: str, repository: str) -> bytes:
    if wanted:
        _require_equal(Digest.of(content), wanted, repository)
    return content


def _require_equal(found: Digest, wanted: str, repository: str) -> None:
    if found != wanted:
        raise BackendError(
            f"{repository}: the image registry gave other bytes than it names: wanted {wanted}, found {found}"
        )
