"""Somebody who wants to see a release on its way: a terminal, a log, or nobody."""

from typing import Protocol

from ona_pipeline.records.evidence import Evidence


class Watcher(Protocol):
    """What is told while it happens. Nothing depends on it."""

    def begins(self, stage: str) -> None:
        """A stage starts."""
        ...

    def ends(self, stage: str, evidence: Evidence) -> None:
        """A stage has its verdict."""
        ...

    def breaks_off(self, stage: str) -> None:
        """A stage ended without a verdict: interrupted, or something outside failed."""
        ...

    def says(self, sentence: str) -> None:
        """Something worth knowing, as one sentence."""
        ...
