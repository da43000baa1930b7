"""Train a model again, in the sandbox, and register what came of it as a new version."""

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from ona_pipeline.errors import RefusedError, UsageError
from ona_pipeline.image.runtime import Purpose, Runtime
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.retraining import inside, lent
from ona_pipeline.retraining.recording import ATTESTATION, LOG, MANIFEST, MODEL, Run, Runs, Versions, recorded
from ona_pipeline.retraining.results import Made, collect, finding_of, refusal
from ona_pipeline.sandbox.interface import Limits, Sandbox, SandboxJob, SandboxOutcome

_PORT = 8931
_CALLS = "calls.jsonl"
_ADDRESS = f"http://127.0.0.1:{_PORT}"


class Runtimes(Protocol):
    """Where images with locked dependencies come from: see `ona_pipeline.image.runtime.Runtimes`."""

    def have(self, lock: bytes, purpose: Purpose = "serving") -> Runtime | Finding:
        """Find or make the image for a lock, without the server where it is not for serving.

        Raises:
            BackendError: the image registry or the package index is not there.
        """
        ...


class TrainInput(msgspec.Struct, frozen=True):
    """What to train.

    Attributes:
        snapshot: the model's files at the trusted ref.
        experiment: name of the MLflow experiment; empty means the model's name.
    """

    snapshot: Snapshot
    experiment: str = ""


class TrainedModel(msgspec.Struct, frozen=True):
    """A new version in the model registry.

    Attributes:
        name: the model's name, and the registered model's.
        version: number of the new version.
        run_id: the MLflow run that holds model, manifest, metrics and log.
        commit: full id of the commit whose ``train.py`` made it.
        model_digest: digest of its model manifest.
        seconds: wall clock of the training itself.
    """

    name: str
    version: str
    run_id: str
    commit: str
    model_digest: Digest
    seconds: float

    @property
    def reference(self) -> str:
        """What `ona release --from` takes: ``models:/digits/4``."""
        return f"models:/{self.name}/{self.version}"


def train(
    request: TrainInput,
    *,
    sandbox: Sandbox,
    runtimes: Runtimes,
    runs: Runs,
    versions: Versions,
    clock: Callable[[], datetime],
    attest: Callable[[bytes], bytes] | None = None,
) -> TrainedModel:
    """Train, record and register.

    Args:
        request: what to train.
        sandbox: where the model's ``train.py`` runs.
        runtimes: where its image comes from.
        runs: where the run is recorded.
        versions: where the version is registered.
        clock: the time now, aware UTC.
        attest: signs a model manifest; None leaves the model unsigned.

    Raises:
        UsageError: the snapshot has no training script or no training lock.
        RefusedError: the training lock cannot be installed, or the training ended badly or made no model;
            then the MLflow run is *failed* and says why.
        BackendError: MLflow, the sandbox or the runtime failed; the MLflow run is *failed*, too.
    """
    snapshot = request.snapshot
    lock = _declared(snapshot, snapshot.declaration.training.lock, "training.lock").read_bytes()
    _declared(snapshot, snapshot.declaration.training.script, "training.script")
    runtime = runtimes.have(lock, "training")
    if isinstance(runtime, Finding):
        raise RefusedError(f"{snapshot.name} cannot be trained: {runtime.sentence}", hint=runtime.hint)
    stated = {"ona.commit": snapshot.origins.commit, "ona.lock_digest": Digest.of(lock)}
    name = f"{snapshot.name} {clock():%Y-%m-%dT%H:%M:%SZ}"
    with (
        recorded(runs, experiment=request.experiment or snapshot.name, name=name, tags=stated) as run,
        tempfile.TemporaryDirectory(prefix="ona-training-") as folder,
    ):
        output = Path(folder) / "output"
        outcome = _trained(
            snapshot, runtime.image, run, output, sandbox=sandbox, runs=runs, lock=Digest.of(lock)
        )
        made = _model(snapshot, outcome, output, run)
        if attest is not None:
            runs.log_file(run.id, ATTESTATION, attest(made.manifest))
        return _registered(snapshot, run, made, stated, outcome.seconds, runs=runs, versions=versions)


def _declared(snapshot: Snapshot, path: str, key: str) -> Path:
    root = snapshot.root.resolve()
    file = snapshot.root / path
    if not file.is_file() or not file.resolve().is_relative_to(root):
        raise UsageError(
            f"release.toml of {snapshot.name}: {key} names {path!r}, which is no file in the commit",
            hint=f"commit it below models/{snapshot.name}/, or correct {key}",
        )
    return file


def _trained(
    snapshot: Snapshot,
    runtime: PinnedReference,
    run: Run,
    output: Path,
    *,
    sandbox: Sandbox,
    runs: Runs,
    lock: Digest,
) -> SandboxOutcome:
    output.mkdir()
    answers, calls = output.with_name("answers.json"), output.with_name("calls")
    answers.write_bytes(lent.answers(runs.forward, run_id=run.id, experiment_id=run.experiment))
    calls.mkdir()
    training = snapshot.declaration.training
    command = ("python3", f"/model-source/{training.script}", "--output", "/output")
    job = SandboxJob(
        runtime=runtime,
        command=("python3", "/inside.py", "/answers.json", f"/calls/{_CALLS}", str(_PORT), *command),
        inputs={
            "/model-source": snapshot.root,
            "/answers.json": answers,
            "/inside.py": Path(inside.__file__),
        },
        outputs={"/output": output, "/calls": calls},
        environment={
            "MLFLOW_TRACKING_URI": _ADDRESS,
            "MLFLOW_RUN_ID": run.id,
            "ONA_COMMIT": snapshot.origins.commit,
            "ONA_LOCK_DIGEST": lock,
        },
        loopback=True,
        limits=Limits(memory_bytes=training.memory_bytes, timeout_s=training.timeout_s),
    )
    outcome = sandbox.run(job)
    left_out = lent.pass_on(calls / _CALLS, runs.forward, run_id=run.id)
    runs.log_file(run.id, LOG, "\n".join([outcome.output, *left_out]).encode())
    return outcome


def _model(snapshot: Snapshot, outcome: SandboxOutcome, output: Path, run: Run) -> Made:
    training = snapshot.declaration.training
    found = finding_of(outcome, training.script) or collect(output, training.script)
    if isinstance(found, Finding):
        raise refusal(found, run.id)
    return found


def _registered(
    snapshot: Snapshot,
    run: Run,
    made: Made,
    stated: dict[str, str],
    seconds: float,
    *,
    runs: Runs,
    versions: Versions,
) -> TrainedModel:
    runs.log_folder(run.id, made.folder, MODEL)
    runs.log_file(run.id, MANIFEST, made.manifest)
    tags = {
        **stated,
        "ona.model_digest": made.model_digest,
        "ona.seed": made.facts.get("seed", ""),
        "ona.data_digest": made.facts.get("data", ""),
    }
    registered = versions.register(snapshot.name, run_id=run.id, path=MODEL, tags=tags)
    commit = snapshot.origins.commit
    return TrainedModel(snapshot.name, registered.version, run.id, commit, made.model_digest, seconds)
