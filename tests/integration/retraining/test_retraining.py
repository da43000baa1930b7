"""A training in a real sandbox, recorded by a real MLflow server."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ona_pipeline.errors import RefusedError
from ona_pipeline.image.root_folder import RootFolders
from ona_pipeline.image.runtime import Runtime, Runtimes, RuntimeSettings
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.snapshot import Origins, Snapshot
from ona_pipeline.retraining.train import TrainedModel, TrainInput, train
from ona_pipeline.sandbox.bubblewrap import BubblewrapSandbox
from ona_pipeline.sandbox.container import ContainerSandbox
from ona_pipeline.sandbox.interface import Sandbox
from ona_pipeline.source.declaration import parse_declaration
from tests.backends import base_image, bubblewrap_program, docker_engine, image_registry, lab
from tests.digits import lay_out
from tests.projects import RELEASE, files_of
from tests.registries import Registry, model_registry

pytestmark = [pytest.mark.docker, pytest.mark.mlflow, pytest.mark.registry]
HUNTER = Path(__file__).with_name("hunter.py")


class BaseRuntimes:
    """The base itself: Python is all that these scripts need."""

    def have(self, lock: bytes, purpose: str = "serving") -> Runtime:
        return Runtime(base_image(), Digest.of(lock), was_made=False)


@pytest.fixture
def registry():
    with model_registry() as made:
        yield made


def snapshot(folder: Path, name: str, script: str, **training: float) -> Snapshot:
    for path, text in files_of(name).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / "models" / name / "train.py").write_text(script)
    limits = "".join(f"{key} = {value}\n" for key, value in training.items())
    text = RELEASE.replace("iris", name) + "\n[training]\n" + limits
    declaration = parse_declaration(text.encode(), subject="release.toml", model=name)
    return Snapshot(name, Origins("git", "main", "c" * 40), folder, declaration)


def without_engine(folder: Path) -> Sandbox:
    """The sandbox of a machine that has no engine, with images below `folder`."""
    bubblewrap_program()
    folder.mkdir()
    return BubblewrapSandbox(RootFolders(image_registry(lab("registry")), folder))


def trained(
    registry: Registry, of: Snapshot, runtimes=None, *, sandbox: Sandbox | None = None
) -> TrainedModel:
    return train(
        TrainInput(of, registry.name),
        sandbox=sandbox or ContainerSandbox(docker_engine()),
        runtimes=runtimes or BaseRuntimes(),
        runs=registry.runs,
        versions=registry.versions,
        clock=lambda: datetime.now(UTC),
    )


def last_run(registry: Registry):
    with registry.server.doing("look") as sdk:
        experiment = sdk.get_experiment_by_name(registry.name)
        assert experiment is not None
        return sdk.search_runs([experiment.experiment_id])[0]


@pytest.mark.parametrize("way", ["container", "bubblewrap"])
def test_a_training_that_hunts_for_credentials_and_ways_out_finds_none(registry, tmp_path, monkeypatch, way):
    for variable in (
        "DOCKER_CONFIG",
        "KUBECONFIG",
        "ONA_LEDGER",
        "MLFLOW_TRACKING_PASSWORD",
        "AWS_SECRET_KEY",
    ):
        monkeypatch.setenv(variable, "canary-secret")
    sandbox = without_engine(tmp_path / "roots") if way == "bubblewrap" else None
    hunter = snapshot(tmp_path / "project", registry.name, HUNTER.read_text())
    made = trained(registry, hunter, sandbox=sandbox)
    version = registry.versions.version(registry.name, made.version)
    (tmp_path / "files").mkdir()
    registry.versions.files(version, tmp_path / "files")
    found = json.loads((tmp_path / "files" / "found.json").read_text())
    assert found["canaries"] == []
    assert found["files"] == []
    assert found["addresses"] == []
    assert found["processes"] == []
    assert found["writable"] == []
    assert found["mlflow"] == [200, 200, 403, 403, 403]
    ours = {"MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "ONA_COMMIT", "ONA_LOCK_DIGEST"}
    of_the_image = {"PATH", "HOSTNAME", "HOME", "LANG", "LC_CTYPE", "PWD", "PYTHONDONTWRITEBYTECODE"}
    assert ours <= set(found["environment"]) <= ours | of_the_image


def test_a_failing_training_leaves_a_failed_run_with_its_log_and_no_version(registry, tmp_path):
    script = "print('reading rows')\nraise ValueError('no rows')\n"
    with pytest.raises(RefusedError, match=r"train\.py: wanted exit status 0, found 1: ValueError: no rows"):
        trained(registry, snapshot(tmp_path, registry.name, script))
    run = last_run(registry)
    assert run.info.status == "FAILED"
    assert "no rows" in run.data.tags["ona.refused"]
    with registry.server.doing("look") as sdk:
        assert [file.path for file in sdk.list_artifacts(run.info.run_id)] == ["training.log"]
        assert not sdk.search_model_versions(f"name = '{registry.name}'")


def test_a_training_that_never_ends_is_ended(registry, tmp_path):
    script = "import time\ntime.sleep(600)\n"
    with pytest.raises(RefusedError, match="it had not come to its end after 3 s"):
        trained(registry, snapshot(tmp_path, registry.name, script, timeout_s=3.0))
    assert last_run(registry).info.status == "FAILED"


def test_a_training_that_takes_too_much_memory_is_ended(registry, tmp_path):
    script = "x = bytearray(10**9)\nprint(len(x))\n"
    with pytest.raises(RefusedError, match="wanted more memory than its sandbox allows") as refusal:
        trained(registry, snapshot(tmp_path, registry.name, script, memory_bytes=128 * 2**20))
    assert "training.memory_bytes" in refusal.value.hint


def test_the_digits_model_is_trained_again_and_registered(registry, tmp_path):
    committed = lay_out(tmp_path)
    shutil.copytree(committed.root, tmp_path / "models" / registry.name)
    files = msgspec.structs.replace(committed.declaration.model, name=registry.name)
    declaration = msgspec.structs.replace(committed.declaration, model=files)
    named = msgspec.structs.replace(committed, name=registry.name, declaration=declaration)
    host = lab("registry")
    runtimes = Runtimes(image_registry(host), RuntimeSettings(base_image(), f"{host}/ona/runtime"))
    made = trained(registry, named, runtimes)
    run = last_run(registry)
    assert run.info.status == "FINISHED"
    assert run.data.metrics["accuracy"] > 0.95
    assert run.data.params["seed"] == "2026"
    with registry.server.doing("look") as sdk:
        tags = sdk.get_model_version(registry.name, made.version).tags
    assert tags["ona.model_digest"] == made.model_digest
    assert tags["ona.commit"] == committed.origins.commit
    assert tags["ona.lock_digest"].startswith("sha256:")
    assert (tags["ona.seed"], tags["ona.data_digest"][:7]) == ("2026", "sha256:")
