"""How much a program has written, looked at while it runs: no bind mount has a quota."""

import errno
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_INTERVAL_S = 0.2


@contextmanager
def bounded(
    folders: Iterable[Path], most_bytes: int, stop: Callable[[], None]
) -> Iterator[Callable[[], bool]]:
    """Stop a program whose outputs outgrow their limit.

    Args:
        folders: its outputs.
        most_bytes: all of them together.
        stop: ends the program; called once at the most, from another thread.

    Yields:
        Whether they were found too large; to be asked after the program's end.
    """
    watched = list(folders)
    has_ended = threading.Event()

    def watch() -> None:
        while not has_ended.wait(_INTERVAL_S):
            if written_bytes(watched) > most_bytes:
                stop()
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield lambda: written_bytes(watched) > most_bytes
    finally:
        has_ended.set()
        thread.join()


def written_bytes(folders: Iterable[Path]) -> int:
    """What the files below `folders` take on the disk, bytes; what vanishes meanwhile counts nothing.

    Below folders that are deeper than a path may be long nobody can look: they count as more than any limit.
    """
    total, waiting = 0, list(folders)
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return sys.maxsize
    return total
