"""A sandbox that runs nothing: a test says what became of the program, and what it wrote."""

from collections.abc import Callable
from pathlib import Path

from ona_pipeline.sandbox.interface import Ending, SandboxJob, SandboxOutcome


class FakeSandbox:
    def __init__(
        self,
        *,
        ending: Ending = "ended",
        status: int = 0,
        output: str = "",
        writes: Callable[[Path], None] = lambda folder: None,
    ) -> None:
        self.jobs: list[SandboxJob] = []
        self._outcome = SandboxOutcome(ending=ending, status=status, output=output, seconds=0.1)
        self._writes = writes

    def run(self, job: SandboxJob) -> SandboxOutcome:
        self.jobs.append(job)
        for folder in job.outputs.values():
            self._writes(folder)
        return self._outcome
