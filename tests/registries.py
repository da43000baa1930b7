"""A real MLflow server for one test: a model name of its own, and nothing left behind."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from ona_pipeline.clients.mlflow import MlflowServer
from ona_pipeline.clients.mlflow_runs import MlflowRuns
from ona_pipeline.clients.mlflow_versions import MlflowVersions
from ona_pipeline.errors import UsageError
from tests.backends import lab


class Registry(msgspec.Struct, frozen=True):
    """One server, and a name that nobody else uses."""

    server: MlflowServer
    runs: MlflowRuns
    versions: MlflowVersions
    name: str


@contextmanager
def model_registry() -> Iterator[Registry]:
    """The lab's MLflow server; registered model and experiment of the test are deleted afterwards."""
    server = MlflowServer(lab("mlflow"))
    name = f"iris-{secrets.token_hex(4)}"
    yield Registry(server, MlflowRuns(server), MlflowVersions(server), name)
    with server.doing("clean up") as sdk:
        experiment = sdk.get_experiment_by_name(name)
        if experiment is not None:
            sdk.delete_experiment(experiment.experiment_id)
    try:
        with server.doing("clean up") as sdk:
            sdk.delete_registered_model(name)
    except UsageError:
        return
