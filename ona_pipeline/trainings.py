"""New versions of a model: trained where something has changed, and registered."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from ona_pipeline.attestation.signer import signer
from ona_pipeline.clients.git import Git
from ona_pipeline.clients.mlflow_runs import MlflowRuns
from ona_pipeline.connections import Connections
from ona_pipeline.errors import UsageError
from ona_pipeline.project import Project
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.retraining.recording import MODEL
from ona_pipeline.retraining.train import TrainedModel, TrainInput, train
from ona_pipeline.serving import manifest
from ona_pipeline.verify.attestation import attest


class Trainings:
    """The trainings of one project.

    Args:
        project: whose models are trained.
        clients: the outside systems.
        snapshot: lays out a model at a revision, for as long as the block lasts.
        clock: the time now, aware UTC.
    """

    def __init__(
        self,
        project: Project,
        clients: Connections,
        *,
        snapshot: Callable[[str, str, str], AbstractContextManager[Snapshot]],
        clock: Callable[[], datetime],
    ) -> None:
        self._project = project
        self._clients = clients
        self._snapshot = snapshot
        self._clock = clock

    def already(self, model: str, revision: str) -> str:
        """The newest version, where a training at `revision`, empty for the trusted ref, would get the same.

        A training gets the model's folder as committed and nothing else: neither network nor volume.

        Returns:
            Such as ``models:/digits/4``; empty where files of the model or its suites have changed since,
            and where no version was trained at a commit that this clone has.

        Raises:
            UsageError: no MLflow server is set, or there is no such revision.
            BackendError: the server failed.
        """
        self._require_mlflow()
        git = Git(self._project.folder)
        now = git.commit(revision or self._project.policy()[0])
        if now is None:
            raise UsageError(f"there is no revision {revision!r}", hint="name a branch, a tag or a commit")
        for version in self._clients.versions.trained(model):
            if git.commit(version.commit) is not None:
                is_same = _trees(git, version.commit, model) == _trees(git, now, model)
                return f"models:/{model}/{version.version}" if is_same else ""
        return ""

    def train(self, model: str, revision: str) -> TrainedModel:
        """Train a model anew at `revision`, empty for the trusted ref, and register the version.

        Raises:
            UsageError: no MLflow server is set, or the model cannot be trained.
            RefusedError: the training ended badly.
            BackendError: something outside failed.
        """
        self._require_mlflow()
        signed = self._attest()
        with self._snapshot(model, revision or self._project.policy()[0], "") as snapshot:
            return train(
                TrainInput(snapshot),
                sandbox=self._clients.sandbox,
                runtimes=self._clients.runtimes,
                runs=MlflowRuns(self._clients.mlflow),
                versions=self._clients.versions,
                clock=self._clock,
                attest=signed,
            )

    def _require_mlflow(self) -> None:
        if not self._project.settings.mlflow:
            raise UsageError(
                "retraining needs an MLflow server", hint='set mlflow = "http://…" in [tool.ona]'
            )

    def _attest(self) -> Callable[[bytes], bytes] | None:
        """Signs model manifests; None where no key is set. A key that is none is told before a training."""
        if not self._project.settings.attestation_key:
            return None
        by = signer(self._project.settings.attestation_key, self._project.folder)
        return lambda content: attest(manifest.parse(content), MODEL, by)


def _trees(git: Git, commit: str, model: str) -> tuple[str | None, ...]:
    return tuple(git.tree(commit, f"{folder}/{model}") for folder in ("models", "validation"))
