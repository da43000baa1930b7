"""Shows a release on its way: a live line at a terminal, plain lines elsewhere."""

import sys
import time

from ona_pipeline.records.evidence import (
    BuildEvidence,
    CanaryEvidence,
    Evidence,
    IntegrityEvidence,
    PreparedModel,
    PublishEvidence,
    RolloutEvidence,
    ValidationEvidence,
)
from ona_pipeline.records.finding import Verdict
from ona_pipeline.watcher import Watcher

_MARKS = {Verdict.PASSED: "✓", Verdict.INCONCLUSIVE: "?", Verdict.REFUSED: "✗"}
_MEBI = 2**20


def watcher() -> Watcher:
    """The watcher that suits where standard error goes."""
    return LiveWatcher() if sys.stderr.isatty() else PlainWatcher()


class PlainWatcher:
    """One line for each stage that ended, on standard error."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def begins(self, stage: str) -> None:
        """Remember when; a long stage says that it began."""
        self._began = time.monotonic()
        self.says(f"… {stage}")

    def ends(self, stage: str, evidence: Evidence) -> None:
        """Say the verdict, what was found, and how long it took."""
        seconds = time.monotonic() - self._began
        self.says(f"{_MARKS[evidence.verdict]} {stage:<24} {seconds:6.1f} s  {summary(evidence)}")

    def breaks_off(self, stage: str) -> None:
        """Say which stage it was."""
        self.says(f"! {stage} ended without a verdict")

    def says(self, sentence: str) -> None:
        """One line."""
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()


class LiveWatcher(PlainWatcher):
    """The same, with a line that moves while a stage is under way."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False)
        self._status = self._console.status("")

    def begins(self, stage: str) -> None:
        """Start the moving line."""
        self._began = time.monotonic()
        self._status.update(stage)
        self._status.start()

    def ends(self, stage: str, evidence: Evidence) -> None:
        """Stop the moving line and say the verdict."""
        self._status.stop()
        super().ends(stage, evidence)

    def breaks_off(self, stage: str) -> None:
        """Stop the moving line, which would hide the cursor for good."""
        self._status.stop()
        super().breaks_off(stage)

    def says(self, sentence: str) -> None:
        """One line, above the moving one."""
        self._console.print(sentence, markup=False, soft_wrap=True)


def summary(evidence: Evidence) -> str:
    """What a stage found, in a few words."""
    match evidence:
        case IntegrityEvidence():
            known = evidence.format or "no known format"
            return f"{evidence.files} files, {known}, model {evidence.subject.short}"
        case PreparedModel():
            made = "made" if evidence.runtime_made else "known"
            return f"runtime {made}, {evidence.estimator}"
        case ValidationEvidence():
            metrics = ", ".join(f"{name} {value:.4f}" for name, value in list(evidence.metrics.items())[:2])
            return f"{evidence.rows} rows, {metrics}"
        case BuildEvidence():
            return f"{evidence.size_bytes / _MEBI:.0f} MiB, {evidence.new_bytes / _MEBI:.2f} MiB new"
        case PublishEvidence():
            return (
                f"{evidence.tag} = {evidence.image.digest.short}, first answer after {evidence.start_s:.1f} s"
            )
        case CanaryEvidence():
            return f"{evidence.canary_requests} requests, the others {evidence.stable_requests}"
        case RolloutEvidence():
            return f"{len(evidence.instances)} answers, {evidence.address}"
    return evidence.verdict.value
