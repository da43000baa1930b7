"""Whether a training would get anything new, by a real MLflow server and real commits."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ona_pipeline import project
from ona_pipeline.errors import UsageError
from ona_pipeline.settings import Settings
from ona_pipeline.wiring import Parts
from tests.projects import Project
from tests.registries import Registry, model_registry

pytestmark = pytest.mark.mlflow


@pytest.fixture(name="registry")
def _registry() -> Iterator[Registry]:
    with model_registry() as made:
        yield made


@pytest.fixture(name="models")
def _models(tmp_path: Path, registry: Registry) -> Project:
    return Project(tmp_path / "project", model=registry.name)


def register(registry: Registry, **tags: str) -> str:
    """A version as a training registers one; the reference to it."""
    run = registry.runs.start(registry.runs.experiment(registry.name), name="training", tags={})
    named = {f"ona.{key}": value for key, value in tags.items()}
    made = registry.versions.register(registry.name, run_id=run, path="model", tags=named)
    return f"models:/{registry.name}/{made.version}"


def already(registry: Registry, models: Project, revision: str = "", *, mlflow: str | None = None) -> str:
    settings = Settings(mlflow=registry.server.uri if mlflow is None else mlflow)
    here = project.Project(models.folder, settings, {})

    parts = Parts(here, progress=lambda _: None)
    return parts.trainings.already(registry.name, revision)


def test_a_model_that_was_never_trained_is_new(registry: Registry, models: Project) -> None:
    assert already(registry, models) == ""


def test_the_commit_that_was_trained_is_not_trained_again(registry: Registry, models: Project) -> None:
    register(registry, commit=models.first, model_digest="sha256:1")
    newest = register(registry, commit=models.first, model_digest="sha256:2")
    assert already(registry, models) == newest


def test_what_was_committed_of_others_since_makes_no_difference(registry: Registry, models: Project) -> None:
    trained = register(registry, commit=models.first, model_digest="sha256:1")
    models.write({"models/other/train.py": "\n", "README.md": "read me\n"})
    models.commit("another model")
    assert already(registry, models) == trained


@pytest.mark.parametrize("path", ["models/{}/data.csv", "validation/{}/data.json"])
def test_a_file_of_the_model_or_of_its_suites_makes_it_new_until_it_was_trained(
    registry: Registry, models: Project, path: str
) -> None:
    register(registry, commit=models.first, model_digest="sha256:1")
    models.write({path.format(registry.name): "1, 2\n"})
    second = models.commit("new data")
    assert already(registry, models) == ""
    trained = register(registry, commit=second, model_digest="sha256:2")
    assert already(registry, models) == trained
    assert already(registry, models, models.first) == ""


def test_versions_of_others_are_passed_over(registry: Registry, models: Project) -> None:
    trained = register(registry, commit=models.first, model_digest="sha256:1")
    register(registry)
    register(registry, commit="c" * 40, model_digest="sha256:2")
    assert already(registry, models) == trained


def test_a_revision_that_is_none_is_no_reason_to_train(registry: Registry, models: Project) -> None:
    with pytest.raises(UsageError, match="there is no revision 'nowhere'"):
        already(registry, models, "nowhere")


def test_without_an_mlflow_server_nothing_can_be_known(registry: Registry, models: Project) -> None:
    with pytest.raises(UsageError, match="retraining needs an MLflow server"):
        already(registry, models, mlflow="")
