"""Taking images out of a registry again; the space comes back when the registry collects its garbage.

Source:
    OCI distribution specification 1.1, "Content Management" and "Listing Tags".
"""

from collections.abc import Iterator
from urllib.parse import urljoin

import msgspec

from ona_pipeline.clients.oci_calls import RegistryCalls
from ona_pipeline.clients.oci_credentials import name_of
from ona_pipeline.clients.oci_session import Call
from ona_pipeline.errors import BackendError
from ona_pipeline.records.digest import Digest

_OK, _ACCEPTED, _NOT_FOUND = 200, 202, 404
_NOT_ALLOWED = (400, 405)
_MOST_PAGES = 1000


class _Tags(msgspec.Struct, frozen=True):
    tags: list[str] | None = None


class Removal:
    """Lists and deletes.

    Args:
        calls: the way to all image registries.
    """

    def __init__(self, calls: RegistryCalls) -> None:
        self._calls = calls

    def tags_of(self, repository: str) -> tuple[str, ...]:
        """All tags of a repository; none where there is no such repository.

        Raises:
            BackendError: the registry is not there, or answers nothing that can be read.
        """
        return tuple(self._pages(repository))

    def delete(self, repository: str, digest: Digest, *, tag: str = "") -> bool:
        """Delete an image manifest, and the tag that leads to it.

        Returns:
            Whether it was there.

        Raises:
            BackendError: the registry is not there, or lets nobody delete.
        """
        was_there = self._delete(repository, digest, (_ACCEPTED, _NOT_FOUND))
        if tag:
            # Where tags go with what they led to, there is none any more, or it cannot be deleted alone.
            self._delete(repository, tag, (_ACCEPTED, _NOT_FOUND, *_NOT_ALLOWED))
        return was_there

    def _delete(self, repository: str, reference: str, wanted: tuple[int, ...]) -> bool:
        call = Call(repository=repository, method="DELETE", path=f"manifests/{reference}")
        action = f"delete {name_of(repository)} at {reference}"
        response = self._calls.answer(call, action, (*wanted, *_NOT_ALLOWED))
        if response.status_code not in wanted:
            host = repository.partition("/")[0]
            raise BackendError(
                f"image registry {host} lets nobody {action} (HTTP {response.status_code})",
                hint="let it (of CNCF's distribution: storage.delete.enabled), or delete there by hand",
            )
        return response.status_code == _ACCEPTED

    def _pages(self, repository: str) -> Iterator[str]:
        path = "tags/list"
        for _ in range(_MOST_PAGES):
            call = Call(repository=repository, method="GET", path=path)
            response = self._calls.answer(call, f"list the tags of {name_of(repository)}", (_OK, _NOT_FOUND))
            if response.status_code == _NOT_FOUND:
                return
            try:
                yield from msgspec.json.decode(response.content, type=_Tags).tags or ()
            except msgspec.MsgspecError as error:
                raise BackendError(f"the tags of {repository} cannot be read") from error
            following = response.links.get("next", {}).get("url")
            if not following:
                return
            path = urljoin(response.url, following)
