"""The stage: a runtime for the model, and the proof that it loads there."""

from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from typing import Any, Protocol

import msgspec

from ona_pipeline.image.release_json import release_json
from ona_pipeline.image.runtime import Runtime
from ona_pipeline.prepare.signature import read_signature
from ona_pipeline.prepare.trial import Beside, Load, load_once
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import IntegrityEvidence, PreparedModel, Signature
from ona_pipeline.records.finding import Finding, Verdict
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.sandbox.interface import Sandbox


class FindsRuntimes(Protocol):
    """What `prepare` needs of `image.runtime.Runtimes`."""

    def key(self, lock: bytes) -> Digest:
        """The digest of all that decides the runtime for a lock."""
        ...

    def have(self, lock: bytes) -> Runtime | Finding:
        """The runtime for a lock, found or made; or why there cannot be one."""
        ...


class PrepareInput(msgspec.Struct, frozen=True):
    """What `prepare` works on.

    Attributes:
        snapshot: the model's files.
        integrity: says that they are what was declared, and which types loading makes.

    Raises:
        ValueError: the evidence is of another model, or refuses this one.
    """

    snapshot: Snapshot
    integrity: IntegrityEvidence

    def __post_init__(self) -> None:
        if self.integrity.subject != self.snapshot.model_digest:
            raise ValueError("the integrity evidence is of another model")
        if self.integrity.verdict is Verdict.REFUSED:
            raise ValueError("the model was refused by verify")


def prepare(
    request: PrepareInput,
    *,
    runtimes: FindsRuntimes,
    sandbox: Sandbox,
    clock: Callable[[], datetime],
    beside: Beside | None = None,
) -> PreparedModel:
    """Find or make the runtime of a model, and load the model in it once.

    Args:
        request: the model and the evidence before.
        runtimes: where runtimes are found or made.
        sandbox: where the model is loaded.
        clock: gives the time, UTC.
        beside: rows that may be answered in the run that loads the model; they decide nothing here.

    Returns:
        The prepared model; refused with `lock-conflict`, `lock-unresolvable`, `signature-missing`,
        `question-malformed`, `does-not-load`, `wrong-answer`, with what is wrong
        with its structure, or with how the sandbox ended it.

    Raises:
        BackendError: no verdict, because registry, package index or sandbox are not there.
    """
    started_at = clock()
    lock = request.snapshot.lock.read_bytes()
    found = _found(request, lock, runtimes, sandbox, beside)
    return PreparedModel(
        **{
            "runtime": None,
            "runtime_key": runtimes.key(lock),
            "runtime_made": False,
            "signature": None,
            "estimator": "",
            "packages": {},
            "form": request.integrity.format,
            "form_digest": request.snapshot.model_digest,
            "trusted_types": request.integrity.types,
            **found,
        },
        subject=request.snapshot.model_digest,
        started_at=started_at,
        finished_at=clock(),
        tools={"uv": version("uv")},
    )


def _found(
    request: PrepareInput, lock: bytes, runtimes: FindsRuntimes, sandbox: Sandbox, beside: Beside | None
) -> dict[str, Any]:
    """The fields of the evidence that could be filled before the first finding."""
    try:
        signature = read_signature(request.snapshot.model / "MLmodel")
    except ValueError as error:
        hint = "give `signature=` to mlflow.sklearn.save_model"
        return {"findings": (Finding("signature-missing", "MLmodel", str(error), hint=hint),)}
    runtime = runtimes.have(lock)
    if isinstance(runtime, Finding):
        return {"findings": (runtime,), "signature": signature}
    fields = {"signature": signature, "runtime": runtime.image, "runtime_made": runtime.was_made}
    load = Load(request.snapshot, runtime.image, _release_file(request, signature), signature)
    loaded = load_once(load, sandbox, beside=beside)
    if isinstance(loaded, Finding):
        return {**fields, "findings": (loaded,)}
    described = {"estimator": loaded.estimator, "packages": loaded.versions}
    return {**fields, **described, "findings": loaded.findings}


def _release_file(request: PrepareInput, signature: Signature) -> bytes:
    snapshot = request.snapshot
    return release_json(
        release="",
        model=snapshot.name,
        revision=snapshot.origins.commit,
        model_digest=snapshot.model_digest,
        form=request.integrity.format,
        trusted_types=request.integrity.types,
        signature=signature,
        question=snapshot.declaration.question,
    )
