"""The folder for temporary files of one process; one that a killed process left is taken away by a later one.

The kernel keeps the lock on a folder for as long as its process lives, and lets go of it however that ends:
so a folder that nobody holds was left. No clock and no process id is compared.
"""

import fcntl
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "ona-run-"
_NOT_YET = ".ona-"  # until it is locked: whoever cleans up does not look at these


@contextmanager
def own_folder() -> Iterator[Path]:
    """Let everything that is temporary be in a folder of this process's own, for as long as the block lasts.

    Raises:
        OSError: the disk for temporary files is full, or fails.
    """
    above = Path(tempfile.gettempdir())
    remove_left(above)
    made = Path(tempfile.mkdtemp(prefix=_NOT_YET, dir=above))
    held = os.open(made, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    made.chmod(0o711)  # a sandbox's user goes through it to what is made for it, and sees no names
    folder = made.rename(above / made.name.replace(_NOT_YET, PREFIX, 1))
    tempfile.tempdir = str(folder)
    try:
        yield folder
    finally:
        tempfile.tempdir = str(above)
        _remove(folder)
        os.close(held)


def remove_left(above: Path) -> None:
    """Remove what processes of this user left that ended without tidying up."""
    for folder in above.glob(f"{PREFIX}*"):
        # Somebody else's, or gone meanwhile.
        with suppress(OSError):
            _remove_unless_held(folder)


def _remove_unless_held(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(opened).st_uid == os.getuid():
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(folder)
    finally:
        os.close(opened)


def _remove(folder: Path) -> None:
    """Remove what is there as far as it goes.

    A program in a sandbox may have made folders that lie deeper in each other than Python's stack: `rm` walks
    them without one.
    """
    with suppress(OSError):
        folder.rmdir()
        return
    with suppress(OSError):
        subprocess.run(["rm", "-rf", "--", folder], check=False, capture_output=True)
