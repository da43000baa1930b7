"""Artifacts that say something about an image: by the referrers API, or by the tag that stands in for it.

Source:
    OCI distribution specification 1.1, "Listing Referrers", "Pushing Manifests with Subject", "Referrers Tag
    Schema".
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import msgspec

from ona_pipeline.clients.oci import ImageRegistry
from ona_pipeline.clients.oci_calls import RegistryCalls
from ona_pipeline.clients.oci_session import Call
from ona_pipeline.errors import BackendError
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.digest import Digest

_INDEX = "application/vnd.oci.image.index.v1+json"
_OK, _CREATED = 200, 201
_NO_SUCH_API = (400, 404, 405)
_MOST_PAGES = 100


class Referrers:
    """What lies beside images.

    Args:
        calls: the way to all image registries.
        registry: reads and writes image manifests by the same way.
    """

    def __init__(self, calls: RegistryCalls, registry: ImageRegistry) -> None:
        self._calls = calls
        self._registry = registry

    def attach(self, repository: str, subject: Digest, content: bytes) -> Digest:
        """Write the manifest of an artifact that names `subject`, so that `referrers` finds it.

        Raises:
            BackendError: the registry is not there, or refuses.
        """
        digest = Digest.of(content)
        manifest = msgspec.json.decode(content)
        headers = {"Content-Type": str(manifest["mediaType"])}
        path = f"manifests/{digest}"
        call = Call(repository=repository, method="PUT", path=path, headers=headers, body=content)
        response = self._calls.answer(call, f"attach {digest} to {subject}", (_CREATED,))
        # A registry that knows what a subject is says so; of every other, the client keeps the list.
        if "OCI-Subject" not in response.headers:
            self._list(repository, subject, _entry(manifest, digest, len(content)))
        return digest

    def referrers(self, repository: str, subject: Digest) -> tuple[Digest, ...]:
        """The manifests of the artifacts that name `subject`; none where there are none.

        Raises:
            BackendError: the registry is not there, or answers nothing that can be read.
        """
        return tuple(Digest(str(one["digest"])) for one in self._entries(repository, subject))

    def _entries(self, repository: str, subject: Digest) -> Iterator[dict[str, Any]]:
        path = f"referrers/{subject}"
        for _ in range(_MOST_PAGES):
            call = Call(repository=repository, method="GET", path=path, headers={"Accept": _INDEX})
            response = self._calls.answer(call, f"list what refers to {subject}", (_OK, *_NO_SUCH_API))
            if response.status_code != _OK:
                yield from _manifests(
                    self._registry.get_manifest(repository, _tag(subject)) or b"{}", subject
                )
                return
            yield from _manifests(response.content, subject)
            following = response.links.get("next", {}).get("url")
            if not following:
                return
            path = urljoin(response.url, following)

    def _list(self, repository: str, subject: Digest, entry: dict[str, Any]) -> None:
        known = _manifests(self._registry.get_manifest(repository, _tag(subject)) or b"{}", subject)
        listed = [*(one for one in known if one["digest"] != entry["digest"]), entry]
        index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": listed}
        self._registry.put_manifest(repository, encode(index), tag=_tag(subject))


def _tag(subject: Digest) -> str:
    return f"sha256-{subject.hex}"


def _entry(manifest: dict[str, Any], digest: Digest, size: int) -> dict[str, Any]:
    said: dict[str, Any] = {key: manifest[key] for key in ("artifactType", "annotations") if key in manifest}
    return {"mediaType": manifest["mediaType"], "digest": digest, "size": size, **said}


def _manifests(content: bytes, subject: Digest) -> list[dict[str, Any]]:
    try:
        found = msgspec.json.decode(content).get("manifests") or []
        for one in found:
            Digest(one["digest"])
    except (msgspec.MsgspecError, AttributeError, ValueError, LookupError, TypeError) as error:
        raise BackendError(f"the image registry's list of what refers to {subject} cannot be read") from error
    return list(found)
