"""Root starts its sandboxes as nobody: what it alone can reach is put where nobody can, and the user changed.

A first bubblewrap binds each file or folder below one open place, in a mount namespace of its own that ends
with it. Nothing is copied, no mode changed, and a killed process leaves no mount.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ona_pipeline.errors import BackendError
from ona_pipeline.sandbox.files import NOBODY
from ona_pipeline.sandbox.layout import Mount

_HINT = "install the packages bubblewrap and util-linux, or use a Docker engine"


class Staged(msgspec.Struct, frozen=True):
    """Where bubblewrap finds what it is to bind.

    Attributes:
        command: what bubblewrap is to be started by; empty where it is started as who we are.
        root: the image's folder.
        mounts: the job's files and folders, by their path inside.
    """

    command: tuple[str, ...]
    root: Path
    mounts: dict[str, Mount]


@contextmanager
def staged(root: Path, mounts: dict[str, Mount]) -> Iterator[Staged]:
    """Make image and mounts reachable for the user that the sandbox runs as.

    Raises:
        BackendError: we are root, and a program that is needed to be less is not there.
    """
    if os.geteuid() != 0:
        yield Staged((), root, mounts)
        return
    with tempfile.TemporaryDirectory(prefix="ona-sandbox-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        there = {
            inside: Mount(place / str(number), is_writable=mount.is_writable)
            for number, (inside, mount) in enumerate(mounts.items())
        }
        binds = ["--ro-bind", str(root), str(place / "root")]
        for inside, mount in mounts.items():
            kind = "--bind" if mount.is_writable else "--ro-bind"
            binds += [kind, str(mount.source), str(there[inside].source)]
        yield Staged((*_staging(place, binds), *_as_nobody()), place / "root", there)


def program(name: str) -> str:
    """The path of a program.

    Raises:
        BackendError: it is not there.
    """
    found = shutil.which(name)
    if found is None:
        raise BackendError(f"{name} is not there, which makes sandboxes without a Docker engine", hint=_HINT)
    return found


def _staging(place: Path, binds: list[str]) -> tuple[str, ...]:
    rights = ("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP")
    # Processes of its own: a dying root without capabilities may not signal nobody, but nobody outlives them.
    life = ("--die-with-parent", "--unshare-pid")
    seen = ("--dev-bind", "/", "/", "--tmpfs", str(place), *binds)
    return (program("bwrap"), *rights, *life, *seen, "--")


def _as_nobody() -> tuple[str, ...]:
    user = ("--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups")
    return (program("setpriv"), *user, "--inh-caps=-all", "--bounding-set=-all", "--")
