"""Images with files laid into them, for a sandbox on another machine: the same layer for the same files."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from ona_pipeline.errors import BackendError, UsageError
from ona_pipeline.image.base import read_image
from ona_pipeline.image.layer import pack
from ona_pipeline.image.registry import Registry
from ona_pipeline.image.send import send_blobs
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.reference import PinnedReference

_OPAQUE = ".wh..wh..opq"  # OCI image specification 1.1, "Opaque Whiteout": nothing below it shows through
_MOST_BYTES = 4 * 2**30


class LadenImages:
    """Images that are others, with inputs on top.

    Args:
        registry: where both are.
        repository: registry host and repository for what is made here.
        always: files that each of them has, by their path inside.
        most_bytes: that the inputs of one may have together.
        platform: to choose from an index, such as ``linux/amd64``.
        clock: gives the time, UTC; the day goes into the tag, by which `ona retention` knows what is old.
    """

    def __init__(
        self,
        registry: Registry,
        repository: str,
        *,
        always: Mapping[str, Path | bytes],
        most_bytes: int = _MOST_BYTES,
        platform: str = "linux/amd64",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._registry = registry
        self._repository = repository
        self._always = always
        self._most_bytes = most_bytes
        self._platform = platform
        self._clock = clock

    def have(self, image: PinnedReference, inputs: Mapping[str, Path]) -> PinnedReference:
        """An image that is `image` and has the inputs at their paths; a folder hides what was there before.

        Raises:
            BackendError: the image registry is not there, has no such image, or the inputs are too large.
        """
        files = {name.lstrip("/"): content for name, content in self._always.items()}
        for inside, outside in inputs.items():
            files.update(_laid(inside.lstrip("/"), outside))
        self._require_small(files)
        try:
            found = read_image(self._registry, image, self._platform)
        except UsageError as error:
            raise BackendError(error.message) from error
        with tempfile.TemporaryDirectory(prefix="ona-inputs-") as folder:
            content = Path(folder) / "layer"
            with content.open("wb") as output:
                layer = pack(files, output)
            laden = found.with_layer(layer, origin="ona sandbox", settings={})
            own: dict[Digest, bytes | Path] = {layer.digest: content}
            send_blobs(self._registry, self._repository, laden, own=own, parent=image.repository)
        tag = f"{self._clock():%Y%m%d}-{laden.digest.hex[:16]}"
        digest = self._registry.put_manifest(self._repository, laden.manifest_bytes, tag=tag)
        return PinnedReference.of(self._repository, digest)

    def _require_small(self, files: Mapping[str, Path | bytes]) -> None:
        found = sum(each.stat().st_size for each in files.values() if isinstance(each, Path))
        if found > self._most_bytes:
            raise BackendError(
                f"the inputs of a sandbox are too large to travel: wanted at most {self._most_bytes} bytes, "
                f"found {found}",
                hint="run this on a machine with a Docker engine or bubblewrap",
            )


def _laid(inside: str, outside: Path) -> Iterator[tuple[str, Path | bytes]]:
    if not outside.is_dir():
        yield inside, outside
        return
    yield f"{inside}/{_OPAQUE}", b""
    root = outside.resolve()
    for path in sorted(outside.rglob("*")):
        # A link is what it leads to; one that leads out of the folder leads nowhere, as in a container.
        if path.is_file() and path.resolve().is_relative_to(root):
            yield f"{inside}/{path.relative_to(outside).as_posix()}", path
