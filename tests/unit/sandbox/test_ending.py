"""How a program ended, out of its status, its last words and the limit that it was ended at."""

import pytest

from ona_pipeline.sandbox.ending import ending
from ona_pipeline.sandbox.interface import Ending, SandboxOutcome


@pytest.mark.parametrize(
    ("status", "output", "wanted"),
    [
        (0, "", "ended"),
        (0, "MemoryError", "ended"),
        (2, "the model raised ValueError: no", "ended"),
        (2, "the model raised _ArrayMemoryError: Unable to allocate 8 TiB", "out-of-memory"),
        (1, "BlockingIOError: [Errno 11] Resource temporarily unavailable\n", "too-many-processes"),
        (1, "RuntimeError: can't start new thread", "too-many-processes"),
        (1, "OSError: [Errno 27] File too large", "too-much-written"),
        (139, "", "crashed"),
        (134, "", "crashed"),
        (137, "", "crashed"),
        (152, "", "timed-out"),
        (153, "", "too-much-written"),
        (255, "", "ended"),
    ],
)
def test_status_and_last_words_tell_how_it_ended(status: int, output: str, wanted: Ending) -> None:
    assert ending(status, output, stopped=None) == wanted


def test_a_limit_that_was_seen_from_outside_goes_before_all_words() -> None:
    assert ending(137, "MemoryError", stopped="timed-out") == "timed-out"


def test_words_of_long_ago_do_not_count() -> None:
    assert ending(2, "MemoryError" + "." * 10_000, stopped=None) == "ended"


def test_the_cause_names_the_signal() -> None:
    outcome = SandboxOutcome("crashed", 139, "", 1.25)
    assert outcome.signal == "SIGSEGV"
    assert outcome.cause == "it was ended by a fault (SIGSEGV) after 1.2 s"


def test_without_a_signal_there_is_none_to_name() -> None:
    assert SandboxOutcome("ended", 3, "", 1).signal == ""
