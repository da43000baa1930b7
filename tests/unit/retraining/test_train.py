"""Train, record, register: what happens to the run and the version in every case."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ona_pipeline.errors import BackendError, RefusedError, UsageError
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.snapshot import Origins, Snapshot
from ona_pipeline.retraining.train import TrainedModel, TrainInput, train
from ona_pipeline.sandbox.interface import SandboxOutcome
from ona_pipeline.source.declaration import parse_declaration
from tests.projects import RELEASE, files_of
from tests.unit.retraining.fakes import IMAGE, FakeRuns, FakeRuntimes, FakeSandbox, FakeVersions


@pytest.fixture
def snapshot(tmp_path):
    for path, text in files_of("iris").items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    declaration = parse_declaration(RELEASE.encode(), subject="release.toml", model="iris")
    return Snapshot("iris", Origins("git", "main", "c" * 40), tmp_path, declaration)


def makes_a_model(output: Path) -> None:
    (output / "model").mkdir()
    (output / "model" / "MLmodel").write_text("trained\n")
    (output / "training.json").write_text(json.dumps({"seed": 7, "data": "sha256:" + "d" * 64}))


class Attempt:
    """One retraining on fakes."""

    def __init__(self, snapshot, does=makes_a_model, outcome=None, **fakes) -> None:
        self.runs = fakes.get("runs", FakeRuns())
        self.versions = FakeVersions()
        self.sandbox = FakeSandbox(does, outcome) if outcome else FakeSandbox(does)
        self.runtimes = fakes.get("runtimes", FakeRuntimes())
        self.snapshot = snapshot
        self.attest = fakes.get("attest")

    def run(self) -> TrainedModel:
        return train(
            TrainInput(self.snapshot),
            sandbox=self.sandbox,
            runtimes=self.runtimes,
            runs=self.runs,
            versions=self.versions,
            clock=lambda: datetime(2026, 11, 23, 12, tzinfo=UTC),
            attest=self.attest,
        )

    def refused(self) -> RefusedError:
        with pytest.raises(RefusedError) as error:
            self.run()
        assert self.versions.registered == []
        return error.value


def test_where_there_is_a_key_the_manifest_that_was_made_here_is_signed(snapshot):
    attempt = Attempt(snapshot, attest=lambda content: b"signed " + content)
    attempt.run()
    assert attempt.runs.files["model.sig"] == b"signed " + attempt.runs.files["model.manifest.json"]


def test_without_a_key_there_is_no_attestation(snapshot):
    attempt = Attempt(snapshot)
    attempt.run()
    assert "model.sig" not in attempt.runs.files


def test_a_model_is_logged_with_a_manifest_made_here_and_registered_with_where_it_comes_from(snapshot):
    attempt = Attempt(snapshot)
    trained = attempt.run()
    assert trained.reference == "models:/iris/1"
    assert trained.seconds == 2.5
    assert attempt.runs.files["model/MLmodel"] == b"trained\n"
    assert trained.model_digest == Digest.of(attempt.runs.files["model.manifest.json"])
    assert attempt.runs.files["training.log"] == b"accuracy 0.98\n"
    assert attempt.runs.status == "FINISHED"
    assert attempt.runs.name == "iris 2026-11-23T12:00:00Z"
    assert attempt.versions.registered == [
        {
            "ona.commit": "c" * 40,
            "ona.lock_digest": Digest.of(b"# none\n"),
            "ona.model_digest": trained.model_digest,
            "ona.seed": "7",
            "ona.data_digest": "sha256:" + "d" * 64,
        }
    ]


def test_the_sandbox_has_no_network_and_four_variables(snapshot):
    attempt = Attempt(snapshot)
    attempt.run()
    (job,) = attempt.sandbox.jobs
    assert job.runtime == IMAGE
    assert job.loopback
    assert set(job.environment) == {"MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "ONA_COMMIT", "ONA_LOCK_DIGEST"}
    assert set(job.inputs) == {"/model-source", "/answers.json", "/inside.py"}
    assert job.command[-3:] == ("/model-source/train.py", "--output", "/output")
    assert job.limits.timeout_s == 1800.0


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (SandboxOutcome("ended", 1, "Traceback\nValueError: no rows\n", 1), "found 1: ValueError: no rows"),
        (SandboxOutcome("ended", 2, "", 1), "wanted exit status 0, found 2: it said nothing"),
        (SandboxOutcome("timed-out", 137, "", 1800), "it had not come to its end after 1800 s"),
        (SandboxOutcome("out-of-memory", 137, "", 1), "wanted more memory than its sandbox allows"),
        (SandboxOutcome("crashed", 139, "", 1), "ended by a fault (SIGSEGV)"),
    ],
)
def test_a_training_that_ends_badly_is_refused_and_its_run_failed(snapshot, outcome, sentence):
    attempt = Attempt(snapshot, does=lambda _: None, outcome=outcome)
    error = attempt.refused()
    assert error.message.startswith("train.py: ")
    assert sentence in error.message
    assert "training.log of the MLflow run run-1" in error.hint
    assert attempt.runs.status == "FAILED"
    assert attempt.runs.tags["ona.refused"] == error.message
    assert attempt.runs.files["training.log"] == outcome.output.encode()


def test_a_training_without_a_model_is_refused(snapshot):
    attempt = Attempt(snapshot, does=lambda _: None)
    assert attempt.refused().message == "train.py: wanted a folder model in --output, found none"


def test_a_model_that_is_a_link_is_none(snapshot):
    attempt = Attempt(snapshot, does=lambda output: (output / "model").symlink_to("/etc"))
    assert "found none" in attempt.refused().message


def test_a_link_in_a_model_is_refused_and_not_followed(snapshot):
    def does(output: Path) -> None:
        makes_a_model(output)
        (output / "model" / "passwd").symlink_to("/etc/passwd")

    attempt = Attempt(snapshot, does=does)
    assert "cannot be a model: " in attempt.refused().message
    assert set(attempt.runs.files) == {"training.log"}


@pytest.mark.parametrize("text", ["{", "[1]", '{"seed": {"a": 1}}', "[" * 100_000, '{"seed": null, "x": 1}'])
def test_what_a_training_states_is_left_out_where_it_is_nonsense(snapshot, text):
    def does(output: Path) -> None:
        makes_a_model(output)
        (output / "training.json").write_text(text)

    attempt = Attempt(snapshot, does=does)
    attempt.run()
    assert attempt.versions.registered[0]["ona.seed"] == ""


def test_what_a_training_states_is_cut_where_it_is_long(snapshot):
    def does(output: Path) -> None:
        makes_a_model(output)
        (output / "training.json").write_text(json.dumps({"seed": "9" * 5000}))

    attempt = Attempt(snapshot, does=does)
    attempt.run()
    assert attempt.versions.registered[0]["ona.seed"] == "9" * 100


def test_a_lock_that_cannot_be_installed_is_refused_before_there_is_a_run(snapshot):
    finding = Finding("lock-unresolvable", "lock", "the lock cannot be installed: no such version", hint="h")
    attempt = Attempt(snapshot, runtimes=FakeRuntimes(finding))
    assert (
        attempt.refused().message == "iris cannot be trained: the lock cannot be installed: no such version"
    )
    assert attempt.sandbox.jobs == []


@pytest.mark.parametrize(
    ("file", "key"), [("train.py", "training.script"), ("training.lock", "training.lock")]
)
def test_a_missing_script_or_lock_is_named(snapshot, file, key):
    (snapshot.root / file).unlink()
    with pytest.raises(UsageError, match=f"{key} names '{file}', which is no file in the commit"):
        Attempt(snapshot).run()


def test_a_lock_that_is_a_link_out_of_the_model_is_refused(snapshot):
    (snapshot.root / "training.lock").unlink()
    (snapshot.root / "training.lock").symlink_to("/etc/passwd")
    with pytest.raises(UsageError, match="which is no file in the commit"):
        Attempt(snapshot).run()


def test_a_server_that_is_not_there_ends_it_before_anything_runs(snapshot):
    attempt = Attempt(snapshot, runs=FakeRuns(broken="experiment"))
    with pytest.raises(BackendError):
        attempt.run()
    assert attempt.sandbox.jobs == []


def test_a_server_that_fails_later_leaves_a_failed_run_and_no_version(snapshot):
    attempt = Attempt(snapshot, runs=FakeRuns(broken="log_folder"))
    with pytest.raises(BackendError):
        attempt.run()
    assert attempt.runs.status == "FAILED"
    assert attempt.versions.registered == []


def test_an_interruption_ends_the_run_as_killed(snapshot):
    def does(_: Path) -> None:
        raise KeyboardInterrupt

    attempt = Attempt(snapshot, does=does)
    with pytest.raises(KeyboardInterrupt):
        attempt.run()
    assert attempt.runs.status == "KILLED"
