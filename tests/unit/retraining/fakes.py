"""MLflow, runtimes and a sandbox in memory; the sandbox calls a function in place of ``train.py``."""

from collections.abc import Callable
from pathlib import Path

from ona_pipeline.clients.mlflow_versions import Version
from ona_pipeline.errors import BackendError
from ona_pipeline.image.runtime import Runtime
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.sandbox.interface import SandboxJob, SandboxOutcome

IMAGE = PinnedReference.of("registry.example/runtime", Digest("sha256:" + "c" * 64))
ENDED_WELL = SandboxOutcome("ended", 0, "accuracy 0.98\n", 2.5)


class FakeRuns:
    """Runs in memory; `broken` names a method that fails."""

    def __init__(self, broken: str = "") -> None:
        self.broken = broken
        self.status = "RUNNING"
        self.tags: dict[str, str] = {}
        self.files: dict[str, bytes] = {}

    def _call(self, method: str) -> None:
        if method == self.broken:
            raise BackendError("the MLflow server is not there", retryable=True)

    def experiment(self, name):
        self._call("experiment")
        return f"experiment of {name}"

    def start(self, experiment, *, name, tags):
        self._call("start")
        self.name = name
        self.tags.update(tags)
        return "run-1"

    def finish(self, run_id, status):
        self._call("finish")
        self.status = status

    def tag(self, run_id, tags):
        self.tags.update(tags)

    def log_folder(self, run_id, folder: Path, path):
        self._call("log_folder")
        for file in folder.rglob("*"):
            if file.is_file():
                self.files[f"{path}/{file.relative_to(folder).as_posix()}"] = file.read_bytes()

    def log_file(self, run_id, name, content):
        self.files[name] = content

    def forward(self, method, path, body):
        return 200, b"{}"


class FakeVersions:
    """A model registry in memory."""

    def __init__(self) -> None:
        self.registered: list[dict[str, str]] = []

    def register(self, name, *, run_id, path, tags):
        self.registered.append(dict(tags))
        return Version(name, str(len(self.registered)), run_id, "", "", "READY")


class FakeRuntimes:
    """Gives one image, or one finding."""

    def __init__(self, finding: Finding | None = None) -> None:
        self.finding = finding

    def have(self, lock, purpose="serving"):
        assert purpose == "training"
        return self.finding or Runtime(IMAGE, Digest.of(lock), was_made=False)


class FakeSandbox:
    """Calls a function with the output folder, and ends as it is told."""

    def __init__(self, does: Callable[[Path], object], outcome: SandboxOutcome = ENDED_WELL) -> None:
        self.does = does
        self.outcome = outcome
        self.jobs: list[SandboxJob] = []

    def run(self, job: SandboxJob) -> SandboxOutcome:
        self.jobs.append(job)
        self.does(job.outputs["/output"])
        return self.outcome
