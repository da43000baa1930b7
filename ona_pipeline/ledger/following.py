"""What may be written after what: the transition tables, asked before anything is kept."""

from collections.abc import Sequence

from ona_pipeline.records import promotion, release
from ona_pipeline.records.environment import EnvironmentFact
from ona_pipeline.records.event import Entry
from ona_pipeline.records.history import TransitionError
from ona_pipeline.records.release_facts import ReleaseFact


def must_follow(written: Sequence[Entry], entry: Entry) -> None:
    """Let `entry` pass only if it can follow what is `written` about the same subject.

    Raises:
        TransitionError: the table of its subject does not have it from the present phase.
    """
    if isinstance(entry.fact, EnvironmentFact):
        _must_be_of_a_place(written, entry)
        return
    replay = release.replay if isinstance(entry.fact, ReleaseFact) else promotion.replay
    try:
        replay(entry.subject, [*written, entry])
    except TransitionError as error:
        raise _with_whose_word(error, written) from error


def _must_be_of_a_place(written: Sequence[Entry], entry: Entry) -> None:
    if not all(isinstance(event.fact, EnvironmentFact) for event in written):
        raise TransitionError(f"{entry.subject} is no environment: {type(entry.fact).__name__} cannot follow")


def _with_whose_word(error: TransitionError, written: Sequence[Entry]) -> TransitionError:
    """Of two processes the slower one is told who was faster."""
    if not written:
        return error
    last = written[-1]
    said = f"{type(last.fact).__name__} was written by {last.actor.name} at {last.at:%Y-%m-%d %H:%M:%S} UTC"
    return TransitionError(f"{error.message}; {said}")
