"""The tracking side of an MLflow server: experiments, runs, and the files logged to them."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from ona_pipeline.clients.mlflow import MlflowServer


class MlflowRuns:
    """Runs on one server.

    Args:
        server: the connection.
    """

    def __init__(self, server: MlflowServer) -> None:
        self._server = server

    def experiment(self, name: str) -> str:
        """The id of the experiment of that name, made where it is not there; a deleted one is restored.

        Raises:
            BackendError: the server failed.
        """
        with self._server.doing(f"find or make the experiment {name}") as sdk:
            found = sdk.get_experiment_by_name(name)
            if found is None:
                return str(sdk.create_experiment(name))
            if found.lifecycle_stage == "deleted":
                sdk.restore_experiment(found.experiment_id)
            return str(found.experiment_id)

    def start(self, experiment: str, *, name: str, tags: Mapping[str, str]) -> str:
        """Start a run, and give its id.

        Args:
            experiment: id of the experiment.
            name: of the run, for people.
            tags: what is known of it now.

        Raises:
            BackendError: the server failed.
        """
        with self._server.doing("start a run") as sdk:
            return str(sdk.create_run(experiment, run_name=name, tags=dict(tags)).info.run_id)

    def finish(self, run_id: str, status: Literal["FINISHED", "FAILED", "KILLED"]) -> None:
        """End a run.

        Raises:
            UsageError: there is no such run.
            BackendError: the server failed.
        """
        with self._server.doing(f"end run {run_id}") as sdk:
            sdk.set_terminated(run_id, status)

    def tag(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Set tags on a run.

        Raises:
            BackendError: the server failed.
        """
        with self._server.doing(f"tag run {run_id}") as sdk:
            for key, value in tags.items():
                sdk.set_tag(run_id, key, value[:500])

    def forward(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Send one request of a training on; see `MlflowServer.forward`."""
        return self._server.forward(method, path, body)

    def log_folder(self, run_id: str, folder: Path, path: str) -> None:
        """Log every file below `folder`, under the artifact path `path`.

        Raises:
            BackendError: the server failed.
        """
        with self._server.doing(f"take the files of run {run_id}") as sdk:
            sdk.log_artifacts(run_id, str(folder), path)

    def log_file(self, run_id: str, name: str, content: bytes) -> None:
        """Log one file: a manifest, a training log, or a copy of a piece of evidence.

        Raises:
            BackendError: the server failed; copies of evidence are caught up later.
        """
        with (
            self._server.doing(f"take {name} for run {run_id}") as sdk,
            tempfile.TemporaryDirectory() as folder,
        ):
            file = Path(folder) / Path(name).name
            file.write_bytes(content)
            parent = str(Path(name).parent)
            sdk.log_artifact(run_id, str(file), None if parent == "." else parent)
