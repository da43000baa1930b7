"""What became of a registered version, told to a real MLflow server; also after it was away."""

import socket
from pathlib import Path

import pytest

from ona_pipeline.clients.mlflow import MlflowServer
from ona_pipeline.clients.mlflow_mirror import MlflowMirror
from ona_pipeline.copies import Copies
from ona_pipeline.ledger.leases import Leases
from ona_pipeline.ledger.sql import SqlLedger, open_ledger
from ona_pipeline.records.comparison import Comparison, Gain, Standing
from ona_pipeline.records.quality import CalibrationBin, Confusion
from ona_pipeline.records.snapshot import Origins
from tests.fakes.clock import FakeClock
from tests.fakes.releases import published, roll_out
from tests.fakes.requests import ask, say_yes
from tests.fakes.watcher import FakeWatcher
from tests.registries import Registry, model_registry

pytestmark = pytest.mark.mlflow

GAIN = Gain(0.01, -0.002, 0.02)
COMPARED = Comparison("digits-0", "accuracy", 0.9, 0.91, 0.01, 3, 20, GAIN, 0.95, 10, 20, Standing.NOT_WORSE)
DRAWN = {
    "confusion": Confusion(("no", "yes"), ((9, 1), (2, 8))),
    "calibration": (CalibrationBin(0.6, 0.5, 10), CalibrationBin(0.9, 0.95, 10)),
}


def registered(registry: Registry, folder: Path) -> str:
    folder.mkdir()
    (folder / "MLmodel").write_text("trained\n")
    run = registry.runs.start(registry.runs.experiment(registry.name), name="training", tags={})
    registry.runs.log_folder(run, folder, "model")
    registry.runs.finish(run, "FINISHED")
    return registry.versions.register(registry.name, run_id=run, path="model", tags={}).version


def told(ledger: SqlLedger, server: MlflowServer) -> list[str]:
    watcher = FakeWatcher()
    leases = Leases(ledger, holder="this process")
    Copies(lambda: MlflowMirror(server), ledger=ledger, leases=leases, watcher=watcher).catch_up()
    return watcher.told


def test_tags_alias_and_evidence_are_caught_up_after_the_server_was_away(tmp_path: Path) -> None:
    clock = FakeClock()
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db", clock=clock)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        dead = MlflowServer(f"http://127.0.0.1:{closed.getsockname()[1]}")
    with model_registry() as registry:
        version = registered(registry, tmp_path / "trained")
        origins = Origins("mlflow", f"models:/{registry.name}/{version}", "c0ffee", version)
        release = published(
            ledger, f"digits-{registry.name}", origins=origins, comparison=COMPARED, judged=DRAWN
        )
        live = roll_out(ledger, say_yes(ledger, clock, ask(ledger, clock, release)))
        (said,) = told(ledger, dead)
        assert said.startswith("MLflow is not up to date, and will be later: the MLflow server at")

        server = registry.server
        assert told(ledger, server) == []

        found = server.sdk.get_model_version(registry.name, version)
        assert found.tags["ona.release"] == release.id
        assert found.tags["ona.production"] == "live"
        assert found.tags["ona.image"] == live.binding.image
        assert server.sdk.get_registered_model(registry.name).aliases == {"production": version}

        server.sdk.delete_registered_model_alias(registry.name, "production")
        assert MlflowMirror(server).aliases(registry.name) == {}
        watcher = FakeWatcher()
        leases = Leases(ledger, holder="this process")
        Copies(lambda: MlflowMirror(server), ledger=ledger, leases=leases, watcher=watcher).point_again()
        assert MlflowMirror(server).aliases(registry.name) == {"production": version}
        assert watcher.told == []
        experiment = registry.runs.experiment("digits releases")
        query = f"tags.`ona.release` = '{release.id}'"
        (run,) = server.sdk.search_runs([experiment], query)
        assert run.data.metrics["accuracy"] == pytest.approx(0.97)
        logged = {file.path for file in server.sdk.list_artifacts(run.info.run_id, "evidence")}
        assert logged == {
            f"evidence/{name}"
            for name in (
                *("verify.json", "prepare.json", "validate.json", "build.json", "publish.json"),
                *("confusion.svg", "calibration.svg", "champion.svg"),
            )
        }
        assert run.data.params["estimator"] == "sklearn.svm.SVC"
        assert run.data.params["package.numpy"] == "2.4.0"

        git = f"digits-git-{registry.name}"
        roll_out(ledger, say_yes(ledger, clock, ask(ledger, clock, published(ledger, git))))
        assert told(ledger, server) == []
        assert server.sdk.get_registered_model(registry.name).aliases == {}
        assert server.sdk.get_model_version(registry.name, version).tags["ona.production"] == "replaced"
        (of_git,) = server.sdk.search_runs([experiment], f"tags.`ona.release` = '{git}'")
        assert (of_git.info.status, of_git.data.tags["ona.phase"]) == ("FINISHED", "published")
        assert of_git.data.metrics["accuracy"] == pytest.approx(0.97)
        for told_of in (run, of_git):
            server.sdk.delete_run(told_of.info.run_id)
