"""Sandboxes for tests: one that really answers, without a wall around it, and one that ends as it is told."""

import contextlib
import io
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.sandbox.interface import SandboxJob, SandboxOutcome
from ona_pipeline.serving import batch

_ENVIRONMENT = threading.Lock()


class FakeSandbox:
    """Runs the server's own batch program in this process, with the job's files laid out as in a container.

    Args:
        folder: an empty folder of the test.
        images: image to a folder that holds its ``opt/ona``; others hold nothing.
    """

    def __init__(self, folder: Path, images: dict[PinnedReference, Path] | None = None) -> None:
        self._folder = folder
        self._images = images or {}
        self.jobs: list[SandboxJob] = []

    def run(self, job: SandboxJob) -> SandboxOutcome:
        root = self._folder / str(len(self.jobs))
        self.jobs.append(job)
        if job.runtime in self._images:
            shutil.copytree(self._images[job.runtime], root)
        for inside, outside in job.inputs.items():
            _copy(outside, root / inside.lstrip("/"))
        for inside, outside in job.outputs.items():
            (root / inside.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            (root / inside.lstrip("/")).symlink_to(outside)
        return self._answer(job, root)

    def _answer(self, job: SandboxJob, root: Path) -> SandboxOutcome:
        assert job.command[:3] == ("python3", "-m", "ona_serving.batch")
        arguments = [
            str(root / text.lstrip("/")) if text.startswith("/") else text for text in job.command[3:]
        ]
        said = io.StringIO()
        with _ona_root(root / "opt" / "ona"), contextlib.redirect_stderr(said):
            status = batch.main(arguments)
        return SandboxOutcome("ended", status, said.getvalue(), 0.1)


class StubbornSandbox:
    """Ends as it is told, after doing to the output folder what it is told."""

    def __init__(self, outcome: SandboxOutcome, spoil: Callable[[Path], object] = lambda _: None) -> None:
        self._outcome = outcome
        self._spoil = spoil

    def run(self, job: SandboxJob) -> SandboxOutcome:
        for folder in job.outputs.values():
            self._spoil(folder)
        return self._outcome


def _copy(outside: Path, inside: Path) -> None:
    inside.parent.mkdir(parents=True, exist_ok=True)
    if outside.is_dir():
        shutil.copytree(outside, inside)
    else:
        shutil.copyfile(outside, inside)


@contextlib.contextmanager
def _ona_root(path: Path) -> Iterator[None]:
    with _ENVIRONMENT:
        os.environ["ONA_ROOT"] = str(path)
        try:
            yield
        finally:
            del os.environ["ONA_ROOT"]
