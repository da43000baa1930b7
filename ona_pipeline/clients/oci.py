"""Image registries: blobs, image manifests and tags, over OCI distribution.

What is read is compared with its digest before anyone sees it. What is written is safe to write again.

Source:
    OCI distribution specification 1.1: "Pull", "Push", "Mounting a blob from another repository".
"""

import hashlib
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec

from ona_pipeline.clients.oci_errors import refusal, translated
from ona_pipeline.clients.oci_session import Call, RegistrySession, host_of, name_of
from ona_pipeline.errors import BackendError
from ona_pipeline.records.digest import Digest

if TYPE_CHECKING:
    import requests

T = TypeVar("T")
_OK, _CREATED, _ACCEPTED, _NOT_FOUND = 200, 201, 202, 404
_BINARY = {"Content-Type": "application/octet-stream"}
_ACCEPT = (
    "application/vnd.oci.image.manifest.v1+json,application/vnd.oci.image.index.v1+json,"
    "application/vnd.docker.distribution.manifest.v2+json,"
    "application/vnd.docker.distribution.manifest.list.v2+json"
)


class ImageRegistry:
    """All image registries; which one is the first part of each repository's name.

    Args:
        insecure_hosts: ``host:port`` spoken to in plain HTTP, besides the loopback.
        ca_bundle: PEM file of authorities to trust; None means what the machine trusts.
        timeout_s: to connect, and between two pieces of an answer, seconds.
        attempts: how often a call is made before its failure stands, where repeating it may help.
        pause_s: wait before the second attempt, seconds; it doubles with each.
    """

    def __init__(
        self,
        *,
        insecure_hosts: frozenset[str] = frozenset(),
        ca_bundle: Path | None = None,
        timeout_s: float = 60.0,
        attempts: int = 3,
        pause_s: float = 0.2,
    ) -> None:
        self._session = RegistrySession(insecure_hosts, ca_bundle, timeout_s)
        self._attempts = attempts
        self._pause_s = pause_s

    def exists(self, repository: str, digest: Digest) -> bool:
        """Whether the repository has that blob.

        Raises:
            BackendError: the registry is not there, or answers neither yes nor no.
        """
        call = Call(repository=repository, method="HEAD", path=f"blobs/{digest}")
        return self._answer(call, f"look for {digest}", (_OK, _NOT_FOUND)).status_code == _OK

    def put_blob(self, repository: str, digest: Digest, content: bytes | Path) -> None:
        """Send a blob: from memory, or streamed from a file.

        Raises:
            BackendError: the registry is not there, or did not take it whole; nothing refers to it then.
        """
        action = f"send {digest}"
        self._repeated(repository, action, lambda: self._upload(repository, digest, content, action))

    def mount(self, repository: str, digest: Digest, source: str) -> bool:
        """Have a blob of repository `source`, on the same host, in `repository` too, without sending it.

        Returns:
            Whether it is there now; a registry may decline, and then it must be sent.

        Raises:
            BackendError: the registry is not there, or refuses.
        """
        path = f"blobs/uploads/?{urlencode({'mount': digest, 'from': name_of(source)})}"
        call = Call(repository=repository, method="POST", path=path)
        return self._answer(call, f"mount {digest}", (_CREATED, _ACCEPTED)).status_code == _CREATED

    def put_manifest(self, repository: str, content: bytes, *, tag: str = "") -> Digest:
        """Write an image manifest, under its digest or under a tag.

        Raises:
            BackendError: the registry is not there, or refuses; the tag is then as it was.
        """
        digest = Digest.of(content)
        headers = {"Content-Type": str(msgspec.json.decode(content)["mediaType"])}
        path = f"manifests/{tag or digest}"
        call = Call(repository=repository, method="PUT", path=path, headers=headers, body=content)
        self._answer(call, f"write {name_of(repository)} at {tag or digest}", (_CREATED,))
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
        response = self._answer(call, f"read {name_of(repository)} at {reference}", (_OK, _NOT_FOUND))
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
        return _compared(self._answer(call, f"read {digest}", (_OK,)).content, digest, repository)

    def save_blob(self, repository: str, digest: Digest, path: Path) -> None:
        """Stream a blob, such as a layer, into a file.

        Raises:
            BackendError: the registry is not there, has no such blob, or gave other bytes.
        """
        call = Call(repository=repository, method="GET", path=f"blobs/{digest}", is_streamed=True)
        action = f"read {digest}"

        def save() -> None:
            hashed = hashlib.sha256()
            with self._once(call, action, (_OK,)) as response, path.open("wb") as file:
                for chunk in response.iter_content(2**20):
                    hashed.update(chunk)
                    file.write(chunk)
            _require_equal(Digest(f"sha256:{hashed.hexdigest()}"), digest, repository)

        self._repeated(repository, action, save)

    def _upload(self, repository: str, digest: Digest, content: bytes | Path, action: str) -> None:
        opening = Call(repository=repository, method="POST", path="blobs/uploads/")
        opened = self._once(opening, action, (_ACCEPTED,))
        location = urljoin(opened.url, opened.headers.get("Location", ""))
        target = f"{location}{'&' if urlsplit(location).query else '?'}{urlencode({'digest': digest})}"
        with content.open("rb") if isinstance(content, Path) else nullcontext(content) as body:
            call = Call(repository=repository, method="PUT", path=target, headers=_BINARY, body=body)
            self._once(call, action, (_CREATED,))

    def _answer(self, call: Call, action: str, wanted: tuple[int, ...]) -> "requests.Response":
        return self._repeated(call.repository, action, lambda: self._once(call, action, wanted))

    def _once(self, call: Call, action: str, wanted: tuple[int, ...]) -> "requests.Response":
        response = self._session.send(call)
        if response.status_code not in wanted:
            raise refusal(response, host_of(call.repository), action)
        return response

    def _repeated(self, repository: str, action: str, call: Callable[[], T]) -> T:
        import tenacity

        attempts = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._attempts),
            wait=tenacity.wait_exponential(multiplier=self._pause_s, max=5),
            retry=tenacity.retry_if_exception(lambda e: isinstance(e, BackendError) and e.retryable),
            reraise=True,
        )

        def translated_call() -> T:
            with translated(host_of(repository), action):
                return call()

        return attempts(translated_call)


def _compared(content: bytes, wanted: str, repository: str) -> bytes:
    if wanted:
        _require_equal(Digest.of(content), wanted, repository)
    return content


def _require_equal(found: Digest, wanted: str, repository: str) -> None:
    if found != wanted:
        raise BackendError(
            f"{repository}: the image registry gave other bytes than it names: wanted {wanted}, found {found}"
        )
