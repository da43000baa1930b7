"""Images unpacked into folders, for a machine without a container engine: each by digest, once.

A folder for each chain of layers: an image that adds a layer to a known one costs hard links and that layer.

Source:
    OCI image specification 1.1, "Image Layer Filesystem Changeset" and "Layer ChainID".
"""

import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from ona_pipeline.errors import BackendError, UsageError
from ona_pipeline.image.base import read_image
from ona_pipeline.image.document import Descriptor
from ona_pipeline.image.registry import Registry
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.sandbox.interface import Root

_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_KEPT_S = 14 * 24 * 3600


class RootFolders:
    """Root folders of images.

    Args:
        registry: where images are fetched from.
        cache: an existing folder, the caller's own; what was not used for two weeks is removed from it.
        platform: to choose from an index, such as ``linux/amd64``.
    """

    def __init__(self, registry: Registry, cache: Path, *, platform: str = "linux/amd64") -> None:
        self._registry = registry
        self.cache = cache
        self._platform = platform

    def have(self, image: PinnedReference) -> Root:
        """The root folder of an image, fetched and unpacked unless it is there. Nothing may write to it.

        Raises:
            BackendError: the image registry is not there, has no such image, or it cannot be unpacked.
        """
        try:
            found = read_image(self._registry, image, self._platform)
        except UsageError as error:
            raise BackendError(error.message) from error
        folder = self.cache / "empty"
        folder.mkdir(exist_ok=True, mode=0o755)
        chain = ""
        for layer, diff_id in zip(found.layers, found.config["rootfs"]["diff_ids"], strict=True):
            chain = Digest.of(f"{chain} {diff_id}".encode()) if chain else Digest(diff_id)
            folder = self._chained(folder, self.cache / chain.hex, image.repository, layer)
        self._remove_unused()
        return Root(folder, _environment(found.config.get("config") or {}))

    def _chained(self, below: Path, folder: Path, repository: str, layer: Descriptor) -> Path:
        """The folder with one more layer; two processes that make it at once make the same."""
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(prefix=".making-", dir=self.cache) as scratch:
                packed, made = Path(scratch, "layer"), Path(scratch, "root")
                self._registry.save_blob(repository, layer.digest, packed)
                shutil.copytree(below, made, symlinks=True, copy_function=_link)
                _unpack(packed, made, layer.digest)
                made.chmod(0o755)
                _keep(made, folder)
        os.utime(folder)
        return folder

    def _remove_unused(self) -> None:
        for folder in self.cache.iterdir():
            if folder.lstat().st_mtime < time.time() - _KEPT_S:
                shutil.rmtree(folder, ignore_errors=True)


def _link(source: str, target: str) -> str:
    os.link(source, target, follow_symlinks=False)
    return target


def _keep(made: Path, folder: Path) -> None:
    try:
        made.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _environment(config: dict[str, Any]) -> dict[str, str]:
    return dict(each.split("=", 1) for each in config.get("Env") or [])


def _unpack(packed: Path, root: Path, digest: Digest) -> None:
    try:
        with (
            packed.open("rb") as file,
            _unzipped(file) as content,
            tarfile.open(fileobj=content, mode="r|") as tar,
        ):
            tar.extraction_filter = _as_it_is  # a filter of Python's own would refuse links that images have
            for member in tar:
                _apply(tar, member, root)
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise BackendError(f"layer {digest} cannot be unpacked: {type(error).__name__}: {error}") from error


def _unzipped(file: IO[bytes]) -> Any:
    from isal import igzip

    is_gzip = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return igzip.open(file, "rb") if is_gzip else file  # type: ignore[no-untyped-call]


def _apply(tar: tarfile.TarFile, member: tarfile.TarInfo, root: Path) -> None:
    target = _inside(root, member.name)
    if target == root:
        return
    if target.name == _OPAQUE:
        for below in _children(target.parent):
            _remove(below)
    elif target.name.startswith(_WHITEOUT):
        _remove(target.with_name(target.name.removeprefix(_WHITEOUT)))
    elif not member.isdev():  # /dev is the sandbox's own
        if member.islnk():
            _inside(root, member.linkname)
        if not (member.isdir() and target.is_dir() and not target.is_symlink()):
            _remove(target)  # it shares its content with the folders of other images
        tar.extract(_ours(member), root, numeric_owner=True)


def _inside(root: Path, name: str) -> Path:
    """Where a name of an archive leads; links of the image count, for a layer may lay files through them."""
    path = root / name.lstrip("/")
    if path == root:
        return root
    if not path.parent.resolve().is_relative_to(root.resolve()) or path.name == "..":
        raise ValueError(f"{name} leads out of the image")
    return path


def _ours(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Below the root, without set-user-id bits, and owned by whoever unpacks."""
    member.name, member.linkname = member.name.lstrip("/"), _linked(member)
    member.mode &= 0o755
    member.uid, member.gid = os.geteuid(), os.getegid()
    return member


def _linked(member: tarfile.TarInfo) -> str:
    return member.linkname.lstrip("/") if member.islnk() else member.linkname


def _as_it_is(member: tarfile.TarInfo, _folder: str) -> tarfile.TarInfo:
    """`_inside` and `_ours` have judged it; Python 3.11.2, which Debian 12 has, knows no filters."""
    return member


def _children(folder: Path) -> Iterator[Path]:
    yield from list(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else ()


def _remove(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path)
