"""The server's own files, as they are in this installation: the package ``ona_serving`` of every image."""

from functools import cache
from pathlib import Path

import ona_pipeline
from ona_pipeline.records.canonical import digest_of
from ona_pipeline.records.digest import Digest

_FOLDER = Path(ona_pipeline.__path__[0]) / "serving"
_LOCK = "requirements.lock"


def server_files() -> dict[str, bytes]:
    """Path below ``/opt/ona/server`` to content: the modules, without tests, caches or the lock."""
    return {
        f"ona_serving/{path.relative_to(_FOLDER).as_posix()}": path.read_bytes()
        for path in sorted(_FOLDER.rglob("*.py"))
    }


def server_lock() -> str:
    """The hashed requirements of the server."""
    return (_FOLDER / _LOCK).read_text()


@cache
def server_digest() -> Digest:
    """What this version of the server is named by: its files and its lock."""
    digests = {name: Digest.of(content) for name, content in server_files().items()}
    return digest_of({**digests, _LOCK: Digest.of(server_lock().encode())})
