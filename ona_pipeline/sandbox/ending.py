"""What became of a program, out of what was seen of it from outside and what it said last."""

from ona_pipeline.sandbox.interface import SIGNALLED, Ending

_LAST_SIGNAL = 64
_LAST_CHARACTERS = 2000
_FILE_TOO_LARGE, _CPU_SPENT = 25, 24  # SIGXFSZ, SIGXCPU of signal(7)
# What Python and its libraries say when a limit stops them. A hostile program can say it too, and is refused
# for it under another name.
_SAID: tuple[tuple[str, Ending], ...] = (
    ("MemoryError", "out-of-memory"),
    ("Resource temporarily unavailable", "too-many-processes"),
    ("can't start new thread", "too-many-processes"),
    ("File too large", "too-much-written"),
    ("No space left on device", "too-much-written"),
)


def ending(status: int, output: str, *, stopped: Ending | None) -> Ending:
    """How a program ended.

    Args:
        status: its exit status, 128 and more for signals.
        output: what it said.
        stopped: the limit that it was ended at, as seen from outside; None where it ended by itself.
    """
    if stopped is not None:
        return stopped
    number = status - SIGNALLED
    if number in (_FILE_TOO_LARGE, _CPU_SPENT):
        return "too-much-written" if number == _FILE_TOO_LARGE else "timed-out"
    if 0 < number <= _LAST_SIGNAL:
        return "crashed"
    last = output[-_LAST_CHARACTERS:] if status else ""
    return next((found for mark, found in _SAID if mark in last), "ended")
