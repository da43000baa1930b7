"""The server's own files, as they are in this installation: the package ``ona_serving`` of every image."""

from functools import cache
from pathlib import Path

import ona_pipeline
from ona_pipeline.records.canonical import digest_of
from ona_pipeline.records.digest import Digest

_FOLDER = Path(ona_pipeline.__path__[0]) / "serving"


def server_files() -> dict[str, bytes]:
    """Path below ``/opt/ona/server`` to content: the modules, without tests, caches or the locks."""
    return {
        f"ona_serving/{path.relative_to(_FOLDER).as_posix()}": path.read_bytes()
        for path in sorted(_FOLDER.rglob("*.py"))
    }


def server_lock(name: str = "serving") -> str:
    """Hashed requirements of the server: of itself, with ONNX Runtime, or with the converter as well.

    Args:
        name: ``serving``, ``serving-onnx`` or ``converting``.
    """
    return (_FOLDER / f"{name}.lock").read_text()


@cache
def server_digest(name: str = "serving") -> Digest:
    """What this version of the server is named by: its files and that lock."""
    digests = {path: Digest.of(content) for path, content in server_files().items()}
    return digest_of({**digests, f"{name}.lock": Digest.of(server_lock(name).encode())})
