"""A model version read from a real MLflow server."""

import socket

import pytest

from ona_pipeline.clients.mlflow import MlflowServer
from ona_pipeline.clients.mlflow_versions import MlflowVersions
from ona_pipeline.errors import BackendError, RefusedError, UsageError
from ona_pipeline.records.digest import Digest
from ona_pipeline.source.read import SourceInput, read
from tests.projects import Project
from tests.registries import Registry, model_registry

pytestmark = pytest.mark.mlflow
MANIFEST = b'{"files":{"MLmodel":{}}}\n'


@pytest.fixture
def registry():
    with model_registry() as made:
        yield made


@pytest.fixture
def project(tmp_path, registry):
    return Project(tmp_path / "project", model=registry.name)


@pytest.fixture
def into(tmp_path):
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def register(
    registry: Registry, tmp_path, *, manifest: bytes = MANIFEST, attestation: bytes = b"", **tags: str
) -> str:
    folder = tmp_path / "trained"
    (folder / "metadata").mkdir(parents=True, exist_ok=True)
    (folder / "MLmodel").write_text("trained again\n")
    (folder / "metadata" / "MLmodel").write_text("a second one\n")
    run = registry.runs.start(registry.runs.experiment(registry.name), name="training", tags={})
    registry.runs.log_folder(run, folder, "model")
    if manifest:
        registry.runs.log_file(run, "model.manifest.json", manifest)
    if attestation:
        registry.runs.log_file(run, "model.sig", attestation)
    registry.runs.finish(run, "FINISHED")
    named = {f"ona.{key}": value for key, value in tags.items() if value}
    return registry.versions.register(registry.name, run_id=run, path="model", tags=named).version


def snapshot(project: Project, registry: Registry, into, version: str, commit: str = ""):
    request = SourceInput(
        repository=project.folder,
        model=registry.name,
        revision=f"models:/{registry.name}/{version}",
        commit=commit,
        into=into,
    )
    return read(request, registry=registry.versions)


def test_the_model_comes_from_the_registry_and_what_judges_it_from_the_commit(
    project, registry, into, tmp_path
):
    version = register(registry, tmp_path, commit=project.first, model_digest=Digest.of(MANIFEST))
    project.write({f"validation/{registry.name}/data.json": '{"later": 1}'})
    project.commit("later")
    found = snapshot(project, registry, into, version)
    files = {path.relative_to(found.model).as_posix() for path in found.model.rglob("*") if path.is_file()}
    assert files == {"MLmodel", "metadata/MLmodel"}
    assert (found.model / "MLmodel").read_text() == "trained again\n"
    assert found.manifest.read_bytes() == MANIFEST
    assert (found.suites / "data.json").read_text() == "{}\n"
    assert found.origins.origin == "mlflow"
    assert (found.origins.commit, found.origins.version) == (project.first, version)


def test_the_attestation_comes_from_the_registry_and_never_from_the_commit(project, registry, into, tmp_path):
    project.write({f"models/{registry.name}/model.sig": "of the committed model"})
    commit = project.commit("signed")
    signed = register(registry, tmp_path, attestation=b"of this version", commit=commit)
    unsigned = register(registry, tmp_path, commit=commit)
    assert snapshot(project, registry, into, signed).attestation.read_bytes() == b"of this version"
    (tmp_path / "other").mkdir()
    assert not snapshot(project, registry, tmp_path / "other", unsigned).attestation.exists()


def test_the_commit_that_the_release_began_with_wins_over_a_tag_that_was_changed(
    project, registry, into, tmp_path
):
    project.write({"README.md": "words"})
    second = project.commit("second")
    version = register(registry, tmp_path, commit=second)
    assert snapshot(project, registry, into, version, commit=project.first).origins.commit == project.first


def test_a_manifest_that_is_not_the_one_that_was_registered_is_refused(project, registry, into, tmp_path):
    version = register(registry, tmp_path, commit=project.first, model_digest=Digest.of(b"another"))
    with pytest.raises(
        RefusedError, match=r"the tag ona\.model_digest says sha256:.*, the manifest is sha256:"
    ):
        snapshot(project, registry, into, version)
    assert list(into.iterdir()) == []


def test_a_version_without_a_manifest_is_refused(project, registry, into, tmp_path):
    version = register(registry, tmp_path, manifest=b"", commit=project.first)
    with pytest.raises(UsageError, match=r"has no model\.manifest\.json among its run's artifacts"):
        snapshot(project, registry, into, version)


def test_a_version_that_does_not_say_its_commit_is_refused(project, registry, into, tmp_path):
    version = register(registry, tmp_path)
    with pytest.raises(UsageError, match="does not say which git commit it was trained at"):
        snapshot(project, registry, into, version)


def test_a_version_of_a_commit_that_is_not_here_is_refused(project, registry, into, tmp_path):
    version = register(registry, tmp_path, commit="b" * 40)
    with pytest.raises(UsageError, match=f"was trained at commit '{'b' * 40}', which is not in"):
        snapshot(project, registry, into, version)


def test_unknown_and_deleted_versions_are_told_apart(project, registry, into, tmp_path):
    first = register(registry, tmp_path, commit=project.first)
    register(registry, tmp_path, commit=project.first)
    with registry.server.doing("delete a version") as sdk:
        sdk.delete_model_version(registry.name, first)
    with pytest.raises(UsageError, match=f"models:/{registry.name}/1 was deleted; versions there: 2"):
        snapshot(project, registry, into, "1")
    with pytest.raises(UsageError, match=f"models:/{registry.name}/7 is not there; versions there: 2"):
        snapshot(project, registry, into, "7")


def test_a_model_that_was_never_registered_is_named(project, registry, into):
    with pytest.raises(UsageError, match=f"the model registry has no version of '{registry.name}'"):
        snapshot(project, registry, into, "1")


def test_a_version_whose_files_were_deleted_is_named(project, registry, into, tmp_path):
    version = register(registry, tmp_path, commit=project.first)
    with registry.server.doing("move a version") as sdk:
        run = sdk.get_model_version(registry.name, version).run_id
        source = f"{sdk.get_run(run).info.artifact_uri}/gone"
        moved = sdk.create_model_version(
            registry.name, source, run_id=run, tags={"ona.commit": project.first}, await_creation_for=0
        )
    with pytest.raises(UsageError, match=r"could not give the files of models:/.*No such artifact"):
        snapshot(project, registry, into, str(moved.version))


def test_an_alias_of_a_version_is_no_version(project, registry, into, tmp_path):
    version = register(registry, tmp_path, commit=project.first)
    registry.versions.set_alias(registry.name, "best", version)
    for reference in (f"models:/{registry.name}@best", f"models:/{registry.name}/latest", "models:/x/0"):
        request = SourceInput(repository=project.folder, model=registry.name, revision=reference, into=into)
        with pytest.raises(UsageError, match="names no version of a registered model"):
            read(request, registry=registry.versions)


def test_a_server_that_is_not_there_is_said_soon_and_worth_a_retry(project, into):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    versions = MlflowVersions(MlflowServer(f"http://user:secret@127.0.0.1:{port}"))
    request = SourceInput(repository=project.folder, model="iris", revision="models:/iris/1", into=into)
    with pytest.raises(BackendError) as error:
        read(request, registry=versions)
    assert error.value.retryable
    assert error.value.message.startswith(f"the MLflow server at http://127.0.0.1:{port} is not there")
    assert "secret" not in error.value.message


def test_no_model_registry_set_up_is_said(project, registry, into):
    reference = f"models:/{registry.name}/1"
    request = SourceInput(repository=project.folder, model=registry.name, revision=reference, into=into)
    with pytest.raises(UsageError, match="is in a model registry, and none is set up"):
        read(request)
