"""Tells an MLflow server what became of its versions: tags, aliases, a run with each release's evidence."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ona_pipeline.clients.mlflow import MlflowServer
from ona_pipeline.clients.mlflow_runs import MlflowRuns
from ona_pipeline.records.registered import Account
from ona_pipeline.records.release import Release

if TYPE_CHECKING:
    from mlflow.entities import Run

RELEASE = "ona.release"
_FINISHED: Literal["FINISHED"] = "FINISHED"


class MlflowMirror:
    """Writes to one server; each call can be repeated.

    Args:
        server: the connection.
    """

    def __init__(self, server: MlflowServer) -> None:
        self._server = server
        self._runs = MlflowRuns(server)

    def tag(self, name: str, version: str, tags: Mapping[str, str]) -> None:
        """Set tags on a version.

        Raises:
            UsageError: there is no such version any more.
            BackendError: the server failed.
        """
        with self._server.doing(f"tag models:/{name}/{version}") as sdk:
            for key, value in tags.items():
                sdk.set_model_version_tag(name, version, key, value)

    def aliases(self, name: str) -> dict[str, str]:
        """Alias to version number of a registered model.

        Raises:
            UsageError: there is no such model any more.
            BackendError: the server failed.
        """
        with self._server.doing(f"read the aliases of {name}") as sdk:
            return dict(sdk.get_registered_model(name).aliases)

    def point(self, name: str, alias: str, version: str) -> None:
        """Let an alias name a version; empty takes it away.

        Raises:
            UsageError: there is no such model or version any more.
            BackendError: the server failed.
        """
        with self._server.doing(f"set the alias {alias} of {name}") as sdk:
            standing = sdk.get_registered_model(name).aliases
            if version and standing.get(alias) != version:
                sdk.set_registered_model_alias(name, alias, version)
            elif not version and alias in standing:
                sdk.delete_registered_model_alias(name, alias)

    def record(self, release: Release, account: Callable[[], Account]) -> None:
        """One run for a release: metrics, parameters, and as artifacts its evidence and plots.

        Args:
            release: as it stands; a run that was finished with it is not written again.
            account: what is known of it, made where it is wanted.

        Raises:
            BackendError: the server failed.
        """
        from mlflow.entities import Metric, Param, RunTag

        run = self._run(release)
        if run.info.status == _FINISHED:
            return
        run_id, known, at_ms = run.info.run_id, account(), int(release.at.timestamp() * 1000)
        with self._server.doing(f"take the metrics and parameters of {release.id}") as sdk:
            sdk.log_batch(
                run_id,
                metrics=[Metric(key, value, at_ms, 0) for key, value in known.metrics.items()],
                params=[Param(key, text) for key, text in known.parameters.items()],
                tags=[RunTag("ona.phase", release.phase.value)],
            )
        with tempfile.TemporaryDirectory(prefix="ona-evidence-") as folder:
            for name, content in known.files.items():
                Path(folder, name).write_bytes(content)
            self._runs.log_folder(run_id, Path(folder), "evidence")
        if release.phase.is_terminal:
            self._runs.finish(run_id, _FINISHED)

    def _run(self, release: Release) -> "Run":
        experiment = self._runs.experiment(f"{release.model} releases")
        with self._server.doing(f"find the run of {release.id}") as sdk:
            found = sdk.search_runs([experiment], f"tags.`{RELEASE}` = '{release.id}'", max_results=1)
            if found:
                return found[0]
            origins = release.requested.origins
            stated = {RELEASE: release.id, "ona.commit": origins.commit, "ona.revision": origins.revision}
            return sdk.create_run(experiment, run_name=release.id, tags=stated)
