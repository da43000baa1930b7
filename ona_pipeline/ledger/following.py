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
    if isinstance(entry.fact, ReleaseFact):
        release.replay(entry.subject, [*written, entry])
    elif not isinstance(entry.fact, EnvironmentFact):
        promotion.replay(entry.subject, [*written, entry])
    elif not all(isinstance(event.fact, EnvironmentFact) for event in written):
        raise TransitionError(f"{entry.subject} is no environment: {type(entry.fact).__name__} cannot follow")
