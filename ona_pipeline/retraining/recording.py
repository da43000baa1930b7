"""A retraining in MLflow: one run, with the model and its manifest, and one registered version."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from ona_pipeline.clients.mlflow_versions import Version
from ona_pipeline.errors import OnaError, RefusedError

Ended = Literal["FINISHED", "FAILED", "KILLED"]
MODEL = "model"
MANIFEST = "model.manifest.json"
ATTESTATION = "model.sig"
LOG = "training.log"


class Runs(Protocol):
    """Where runs are recorded: see `ona_pipeline.clients.mlflow_runs.MlflowRuns`."""

    def experiment(self, name: str) -> str:
        """The id of the experiment of that name, made where there is none."""
        ...

    def start(self, experiment: str, *, name: str, tags: Mapping[str, str]) -> str:
        """Begin a run in an experiment; its id."""
        ...

    def finish(self, run_id: str, status: Ended) -> None:
        """End a run."""
        ...

    def tag(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Set tags on a run."""
        ...

    def log_folder(self, run_id: str, folder: Path, path: str) -> None:
        """Keep a folder as artefacts under `path`."""
        ...

    def log_file(self, run_id: str, name: str, content: bytes) -> None:
        """Keep one file as an artefact."""
        ...

    def forward(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Pass a request on to the server; the status and body of its answer."""
        ...


class Versions(Protocol):
    """Where versions are registered: see `ona_pipeline.clients.mlflow_versions.MlflowVersions`."""

    def register(self, name: str, *, run_id: str, path: str, tags: Mapping[str, str]) -> Version:
        """Make the model under a run's `path` the next version of `name`."""
        ...


class Run(msgspec.Struct, frozen=True):
    """A run that has been started: its id, and its experiment's."""

    id: str
    experiment: str


@contextmanager
def recorded(runs: Runs, *, experiment: str, name: str, tags: Mapping[str, str]) -> Iterator[Run]:
    """A run that is ended in every case: finished, failed where a gate says no, killed where we were stopped.

    Raises:
        BackendError: MLflow failed.
    """
    experiment_id = runs.experiment(experiment)
    run = Run(runs.start(experiment_id, name=name, tags=tags), experiment_id)
    try:
        yield run
    except BaseException as error:
        _end(runs, run, "FAILED" if isinstance(error, Exception) else "KILLED", error)
        raise
    runs.finish(run.id, "FINISHED")


def _end(runs: Runs, run: Run, status: Ended, error: BaseException) -> None:
    """End the run; what ends it must not be hidden by a server that is down by now."""
    with suppress(OnaError):
        if isinstance(error, RefusedError):
            runs.tag(run.id, {"ona.refused": error.message})
        runs.finish(run.id, status)
