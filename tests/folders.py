"""Folders in each other without end."""

import os
from pathlib import Path


def dig(folder: Path, depth: int, name: str = "d") -> None:
    """Folders in each other, whose path may be longer than any that can be used."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
