"""The rows, and the answers of candidate and champion to them, had at the same time."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from ona_pipeline.image.release_json import Served, release_json
from ona_pipeline.records.evidence import PreparedModel, Signature
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.form import form_of
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.sandbox.interface import Sandbox
from ona_pipeline.validate import champion as champions
from ona_pipeline.validate import data, expectations, noise, rows, suites
from ona_pipeline.validate.ahead import Ahead
from ona_pipeline.validate.answers import Answers
from ona_pipeline.validate.asking import Asked, ask
from ona_pipeline.validate.champion import Champion
from ona_pipeline.validate.weighing import Judgement, Round


class _Answered(msgspec.Struct, frozen=True):
    """The candidate's answers to the rows, and to some of them after noise where that is declared."""

    still: Answers
    moved: Answers | None = None
    moved_rows: Any = None


def hold(
    snapshot: Snapshot,
    prepared: PreparedModel,
    *,
    sandbox: Sandbox,
    champion: Champion | None = None,
    ahead: Ahead | None = None,
) -> Round | Judgement:
    """Have the rows answered; a judgement where that already decides.

    Args:
        snapshot: the model version; its declaration names the rows.
        prepared: its runtime and form.
        sandbox: where candidate and champion answer.
        champion: what the environment serves now; None for none.
        ahead: what the candidate may have answered already.

    Raises:
        BackendError: the sandbox could not be made, or the server of the evaluation data does not answer.
        ValueError: `prepared` was refused, so that it has no runtime.
    """
    _, signature = _prepared(prepared)
    evaluation = data.load(snapshot)
    if isinstance(evaluation, Finding):
        return Judgement((evaluation,))
    laid = rows.lay_out(evaluation.features, signature)
    if isinstance(laid, Finding):
        return Judgement((laid,))
    with ThreadPoolExecutor() as pool:
        # Only now: two threads that begin to import pandas at once can meet it half imported.
        compares = champion is not None or evaluation.sample is not None
        warming = pool.submit(_warm_up, judges=bool(suites.named(snapshot)), compares=compares)
        asked = pool.submit(champions.ask_champion, champion, laid, sandbox=sandbox) if champion else None
        answered = _answered(snapshot, prepared, laid, sandbox, ahead)
        against = asked.result() if asked else None
        warming.result()
    if isinstance(answered, Finding):
        return Judgement((answered,), rows=len(evaluation.frame))
    return Round(evaluation, signature, answered.still, answered.moved, answered.moved_rows, against)


def _warm_up(*, judges: bool, compares: bool) -> None:
    """Import what the answers will be weighed with; one after the other, for the one defers the other."""
    if judges:
        expectations.warm_up()
    if compares:
        import scipy.stats  # noqa: F401


def _answered(
    snapshot: Snapshot,
    prepared: PreparedModel,
    laid: dict[str, Any],
    sandbox: Sandbox,
    ahead: Ahead | None,
) -> _Answered | Finding:
    scale = snapshot.declaration.validation.noise
    found = _ask_candidate(snapshot, prepared, noise.beside(laid, scale), sandbox, ahead)
    if isinstance(found, Finding):
        return found
    if not scale:
        return _Answered(found)
    count = len(next(iter(laid.values())))
    return _Answered(found.at(slice(count)), found.at(slice(count, None)), noise.move(laid, scale).rows)


def _ask_candidate(
    snapshot: Snapshot,
    prepared: PreparedModel,
    asked: dict[str, Any],
    sandbox: Sandbox,
    ahead: Ahead | None,
) -> Answers | Finding:
    runtime, _ = _prepared(prepared)
    content = release_json(snapshot, Served.of(prepared))
    if ahead and (found := ahead.answers(runtime, content, asked)) is not None:
        return found
    with tempfile.TemporaryDirectory(prefix="ona-validate-") as scratch:
        release = Path(scratch, "release.json")
        release.write_bytes(content)
        form = form_of(snapshot, prepared.kept)
        files = {
            "/opt/ona/model": form.folder,
            "/opt/ona/model.manifest.json": form.manifest,
            "/opt/ona/release.json": release,
        }
        return ask(Asked(snapshot.name, runtime, files), asked, sandbox=sandbox)


def _prepared(prepared: PreparedModel) -> tuple[PinnedReference, Signature]:
    if prepared.runtime is None or prepared.signature is None:
        raise ValueError("wanted a model that was prepared, found one that was refused")
    return prepared.runtime, prepared.signature
