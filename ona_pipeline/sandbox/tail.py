"""What a program said last. Laid into pods too, so it needs the standard library alone."""

import os
import threading
from typing import IO

OUTPUT_BYTES = 64 * 1024


class Tail:
    """Reads a pipe to its end, from now on, and keeps what came last.

    Args:
        pipe: closed at its end.
    """

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._kept = b""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def ended(self) -> bytes:
        """What is kept, once nobody can write to the pipe any more: at most `OUTPUT_BYTES`."""
        self._thread.join()
        return self._kept

    def _read(self) -> None:
        with self._pipe:
            while chunk := os.read(self._pipe.fileno(), OUTPUT_BYTES):
                self._kept = (self._kept + chunk)[-OUTPUT_BYTES:]
