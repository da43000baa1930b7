"""The stage: quality of the form that will serve."""

import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from ona_pipeline.image.release_json import release_json
from ona_pipeline.records.evidence import (
    PreparedModel,
    Signature,
    ValidationEvidence,
)
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.sandbox.interface import Sandbox
from ona_pipeline.validate import champion as champions
from ona_pipeline.validate import data, expectations, noise, rows, suites
from ona_pipeline.validate.answers import Answers
from ona_pipeline.validate.asking import Asked, ask
from ona_pipeline.validate.champion import Champion
from ona_pipeline.validate.weighing import Judgement, Round, weigh

_TOOLS = ("great_expectations", "numpy", "pandas", "scikit-learn")


class ValidateInput(msgspec.Struct, frozen=True):
    """What the gate looks at.

    Attributes:
        snapshot: the model version as it was committed.
        prepared: its runtime and form; passed, so that both are there.
    """

    snapshot: Snapshot
    prepared: PreparedModel


def validate(
    request: ValidateInput,
    *,
    sandbox: Sandbox,
    clock: Callable[[], datetime],
    champion: Champion | None = None,
) -> ValidationEvidence:
    """Judge how good the form that will serve is, on held-out rows.

    Args:
        request: the snapshot, and what was prepared of it.
        sandbox: where candidate and champion answer.
        clock: gives the time, UTC.
        champion: what the environment serves now; None for a first release, which has none.

    Returns:
        Evidence for passed, inconclusive and refused alike.

    Raises:
        BackendError: the sandbox could not be made, or the server of the evaluation data does not answer.
        ValueError: `prepared` was refused, so that it has no runtime.
    """
    started_at = clock()
    with ThreadPoolExecutor() as pool:
        judgement = _judge(request, champion, sandbox, pool)
    return ValidationEvidence(
        subject=request.prepared.subject,
        started_at=started_at,
        finished_at=clock(),
        tools={name: version(name) for name in _TOOLS},
        form_digest=request.prepared.form_digest,
        data=request.snapshot.declaration.data.digest,
        **msgspec.structs.asdict(judgement),
    )


def _judge(
    request: ValidateInput, champion: Champion | None, sandbox: Sandbox, pool: ThreadPoolExecutor
) -> Judgement:
    _, signature = _prepared(request.prepared)
    evaluation = data.load(request.snapshot)
    if isinstance(evaluation, Finding):
        return Judgement((evaluation,))
    laid = rows.lay_out(evaluation.features, signature)
    if isinstance(laid, Finding):
        return Judgement((laid,))
    # Only now: two threads that begin to import pandas at once can meet it half imported.
    warming = pool.submit(expectations.warm_up) if suites.named(request.snapshot) else None
    asked = pool.submit(champions.ask_champion, champion, laid, sandbox=sandbox) if champion else None
    answered = _answered(request, laid, sandbox)
    against = asked.result() if asked else None
    if warming:
        warming.result()
    if isinstance(answered, Finding):
        return Judgement((answered,), rows=len(evaluation.frame))
    return weigh(request.snapshot, Round(evaluation, signature, *answered, against), champion)


def _answered(
    request: ValidateInput, laid: dict[str, Any], sandbox: Sandbox
) -> tuple[Answers, Answers | None, Any] | Finding:
    """The candidate's answers to the rows, and to some of them after noise where that is declared."""
    import numpy as np

    count = len(next(iter(laid.values())))
    scale = request.snapshot.declaration.validation.noise
    if not scale:
        found = _ask_candidate(request, laid, sandbox)
        return found if isinstance(found, Finding) else (found, None, None)
    moved = noise.move(laid, scale)
    both = {name: np.concatenate([array, moved.arrays[name]]) for name, array in laid.items()}
    found = _ask_candidate(request, both, sandbox)
    if isinstance(found, Finding):
        return found
    return found.at(slice(count)), found.at(slice(count, None)), moved.rows


def _prepared(prepared: PreparedModel) -> tuple[PinnedReference, Signature]:
    if prepared.runtime is None or prepared.signature is None:
        raise ValueError("wanted a model that was prepared, found one that was refused")
    return prepared.runtime, prepared.signature


def _ask_candidate(
    request: ValidateInput,
    laid: dict[str, Any],
    sandbox: Sandbox,
) -> Answers | Finding:
    snapshot, prepared = request.snapshot, request.prepared
    runtime, signature = _prepared(prepared)
    with tempfile.TemporaryDirectory(prefix="ona-validate-") as scratch:
        release = Path(scratch, "release.json")
        release.write_bytes(
            release_json(
                release="",
                model=snapshot.name,
                revision=snapshot.origins.commit,
                model_digest=prepared.subject,
                form=prepared.form,
                trusted_types=prepared.trusted_types,
                signature=signature,
                question=snapshot.declaration.question,
            )
        )
        files = {
            "/opt/ona/model": snapshot.model,
            "/opt/ona/model.manifest.json": snapshot.manifest,
            "/opt/ona/release.json": release,
        }
        return ask(Asked(snapshot.name, runtime, files), laid, sandbox=sandbox)
