"""The stage: the form that will serve, a runtime for it, and the proof that it loads there."""

from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from typing import Any

import msgspec

from ona_pipeline.image.forms import Forms
from ona_pipeline.image.release_json import Served, release_json
from ona_pipeline.image.runtime import Purpose
from ona_pipeline.prepare.faster import Committed, Faster, look_for
from ona_pipeline.prepare.interface import Beside, FindsRuntimes
from ona_pipeline.prepare.signature import read_signature
from ona_pipeline.prepare.trial import Load, load_once
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import IntegrityEvidence, PreparedModel, Signature
from ona_pipeline.records.finding import Finding, Verdict
from ona_pipeline.records.form import Equality, form_of
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.sandbox.interface import Sandbox

GRAPH = "onnx"


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


class Preparing(msgspec.Struct, frozen=True):
    """What `prepare` works with.

    Attributes:
        runtimes: where runtimes are found or made.
        sandbox: where the model is loaded.
        forms: where faster forms are kept; None for the committed form alone.
        beside: rows that may be answered in the run that loads the model; they decide nothing here, but that
            a faster form is compared on them, too.
    """

    runtimes: FindsRuntimes
    sandbox: Sandbox
    forms: Forms | None = None
    beside: Beside | None = None


def prepare(
    request: PrepareInput,
    *,
    runtimes: FindsRuntimes,
    sandbox: Sandbox,
    clock: Callable[[], datetime],
    beside: Beside | None = None,
    forms: Forms | None = None,
) -> PreparedModel:
    """Find or make the form of a model that will serve and its runtime, and load it there once.

    Args:
        request: the model and the evidence before.
        runtimes: where runtimes are found or made.
        sandbox: where the model is loaded.
        clock: gives the time, UTC.
        beside: rows that may be answered in the run that loads the model; they decide nothing here, but that
            a faster form is compared on them, too.
        forms: where faster forms are kept; None for the committed form alone.

    Returns:
        The prepared model; refused with `lock-conflict`, `lock-unresolvable`, `signature-missing`,
        `question-malformed`, `does-not-load`, `wrong-answer`, with what is wrong
        with its structure, or with how the sandbox ended it.

    Raises:
        BackendError: no verdict, because registry, package index or sandbox are not there.
    """
    started_at = clock()
    lock = request.snapshot.lock.read_bytes()
    found = _found(request, lock, Preparing(runtimes, sandbox, forms, beside))
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


def _found(request: PrepareInput, lock: bytes, preparing: Preparing) -> dict[str, Any]:
    """The fields of the evidence that could be filled before the first finding."""
    try:
        signature = read_signature(request.snapshot.model / "MLmodel")
    except ValueError as error:
        hint = "give `signature=` to mlflow.sklearn.save_model"
        return {"findings": (Finding("signature-missing", "MLmodel", str(error), hint=hint),)}
    if request.integrity.format == GRAPH:
        return _loaded(request, signature, b"", preparing)
    faster = _faster(request, signature, lock, preparing)
    if faster.kept is not None:
        found = _loaded(request, signature, b"", preparing, kept=faster.kept)
        if not found["findings"]:
            return {**found, "estimator": faster.estimator, "equality": faster.equality, "kept": faster.kept}
        reason = f"the graph does not serve: {found['findings'][0].sentence}"[:400]
        unfit = msgspec.structs.replace(faster.equality, is_shown=False, reason=reason)
        faster = Faster(unfit)
    equality = {"equality": faster.equality} if preparing.forms else {}
    return {**_loaded(request, signature, lock, preparing), **equality}


def _faster(request: PrepareInput, signature: Signature, lock: bytes, preparing: Preparing) -> Faster:
    """What came of looking for a faster form."""
    if preparing.forms is None:
        return Faster(Equality(is_shown=False))
    snapshot, runtimes = request.snapshot, preparing.runtimes
    rows = preparing.beside.rows(signature) if preparing.beside else None
    served = Served(request.integrity.format, snapshot.model_digest, request.integrity.types, signature)
    release_file = release_json(snapshot, served)
    data = snapshot.declaration.data.digest
    form = form_of(snapshot, None)
    committed = Committed(snapshot.model_digest, form, release_file, lock, data, rows)
    return look_for(committed, runtimes=runtimes, sandbox=preparing.sandbox, forms=preparing.forms)


def _loaded(
    request: PrepareInput,
    signature: Signature,
    lock: bytes,
    preparing: Preparing,
    kept: PinnedReference | None = None,
) -> dict[str, Any]:
    """What came of loading one form once; a graph needs nothing of the model's own lock."""
    form = GRAPH if kept else request.integrity.format
    purpose: Purpose = "serving-onnx" if form == GRAPH else "serving"
    runtime = preparing.runtimes.have(lock, purpose)
    if isinstance(runtime, Finding):
        return {"findings": (runtime,), "signature": signature}
    forms = preparing.forms
    files = forms.lay_out(request.snapshot, kept) if forms else form_of(request.snapshot, kept)
    digest = Digest.of(files.manifest.read_bytes())
    fields = {
        "signature": signature,
        "runtime": runtime.image,
        "runtime_key": runtime.key,
        "runtime_made": runtime.was_made,
        "form": form,
        "form_digest": digest,
    }
    served = Served(form, digest, request.integrity.types, signature)
    load = Load(request.snapshot, files, runtime.image, release_json(request.snapshot, served), signature)
    loaded = load_once(load, preparing.sandbox, beside=preparing.beside)
    if isinstance(loaded, Finding):
        return {**fields, "findings": (loaded,)}
    described = {"estimator": loaded.estimator, "packages": loaded.versions}
    return {**fields, **described, "findings": loaded.findings}
