"""What is in a runtime layer: the packages of both locks, the server, and bytecode of all of it."""

from pathlib import Path

from ona_pipeline.image import bytecode, packages
from ona_pipeline.image.layer import Layer, pack
from ona_pipeline.image.lock import conflicts, merged, pins
from ona_pipeline.image.platform import Platform

ROOT = "opt/ona"


class ConflictError(Exception):
    """Two locks name one package in two versions; the message says which."""


def requirements(lock: bytes, of_server: str, platform: Platform, *, may_differ: bool = False) -> str:
    """One lock out of the model's and the server's.

    Args:
        lock: the model's.
        of_server: the server's.
        platform: that they are for.
        may_differ: the model's version counts where both name a package, instead of being a conflict.

    Raises:
        ConflictError: they cannot both have what they want.
        UnresolvableError: a line of the model's lock is no requirement.
    """
    try:
        model, server = pins(lock.decode(), platform.markers), pins(of_server, platform.markers)
    except ValueError as error:
        raise packages.UnresolvableError(str(error)) from error
    if not may_differ and (found := conflicts(model, server)):
        raise ConflictError("; ".join(found))
    return merged(model, server)


def unpacked(lock: str, server: dict[str, bytes], scratch: Path, platform: Platform) -> Path:
    """Lay out everything in a folder, compiled, and give the folder.

    Args:
        lock: hashed requirements.
        server: path below ``server/`` to content.
        scratch: an existing folder, for this and nothing else.
        platform: that it is for.

    Raises:
        UnresolvableError: the lock cannot be installed as it is.
        BackendError: uv, or the package index, is not there.
    """
    root = scratch / "root"
    for name, source in server.items():
        path = root / "server" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source)
    packages.install(lock, scratch / "unpacked", scratch, platform)
    packages.keep(scratch / "unpacked", root / "site-packages")
    bytecode.compile_all(root, scratch, root=f"/{ROOT}")
    return root


def packed(root: Path, content: Path) -> Layer:
    """Pack the folder into the file `content`."""
    files = {
        f"{ROOT}/{path.relative_to(root).as_posix()}": path for path in root.rglob("*") if path.is_file()
    }
    with content.open("wb") as output:
        return pack(files, output)
