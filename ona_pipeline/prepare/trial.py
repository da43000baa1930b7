"""The first load: once, in the sandbox, with the known question asked."""

import tempfile
from pathlib import Path
from typing import Any

import msgspec

from ona_pipeline.prepare.description import Description, read_description
from ona_pipeline.prepare.interface import Beside
from ona_pipeline.records.evidence import Signature
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.form import Form
from ona_pipeline.records.question import Question
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.sandbox.interface import Limits, Sandbox, SandboxJob, SandboxOutcome
from ona_pipeline.sandbox.left import UNREADABLE, read_arrays

_MOST_BYTES = 16 * 2**20  # of one answer
_TYPES = {
    "BOOL": "bool",
    "INT32": "int32",
    "INT64": "int64",
    "FP32": "float32",
    "FP64": "float64",
    "BYTES": "str",
}
UNSOUND = 3  # of `ona_serving.batch`
_LIMITS = Limits(timeout_s=120.0, file_bytes=2**30)
_MORE = "/more"
_COMMAND = ("python3", "-m", "ona_serving.batch")


class Load(msgspec.Struct, frozen=True):
    """What is loaded.

    Attributes:
        snapshot: of the model.
        form: the files of the form that is loaded.
        runtime: the image that it will serve in.
        release_file: content of ``release.json``.
        signature: of the model.
    """

    snapshot: Snapshot
    form: Form
    runtime: PinnedReference
    release_file: bytes
    signature: Signature


def load_once(load: Load, sandbox: Sandbox, *, beside: Beside | None = None) -> Description | Finding:
    """Load the model in its runtime and ask it the known question.

    Args:
        load: the model and its runtime.
        sandbox: where to do it.
        beside: rows to be answered in the same run. Where that run ends badly, it is run without them, so
            that they decide nothing here.

    Returns:
        What was loaded, with findings about its structure; or why it cannot serve: `question-malformed`,
        `does-not-load`, `wrong-answer`, or how the sandbox ended it: `crashed`, `out-of-memory`, `timed-out`,
        `too-many-processes` or `too-much-written`.

    Raises:
        BackendError: there is no sandbox to be had.
    """
    question = load.snapshot.declaration.question
    with tempfile.TemporaryDirectory(prefix="ona-trial-") as folder:
        given = Path(folder) / "given"
        given.mkdir()
        (given / "release.json").write_bytes(load.release_file)
        try:
            _write_question(question, given / "question.npz")
        except (ValueError, TypeError, OverflowError) as error:
            return Finding("question-malformed", "question", f"the known question cannot be asked: {error}")
        made = Path(folder) / "made"
        outcome = _run_beside(load, given, made, sandbox, beside) if beside else None
        if outcome is None:
            made = Path(folder) / "made-alone"
            made.mkdir()
            outcome = sandbox.run(_job(load, given, made))
        is_unsound = outcome.ending == "ended" and outcome.status == UNSOUND
        if not outcome.succeeded and not is_unsound:
            return _failure(outcome)
        return _judged(question, made, is_unsound=is_unsound)


def _run_beside(
    load: Load, given: Path, made: Path, sandbox: Sandbox, beside: Beside
) -> SandboxOutcome | None:
    """The run with more rows in it; None where there are none, or it did not end well."""
    rows = beside.rows(load.signature)
    if rows is None:
        return None
    made.mkdir()
    job = _job(load, given, made)
    more = (
        "--describe",
        f"{_MORE}/model.json",
        "--input",
        "/in/more.npz",
        "--output",
        f"{_MORE}/answers.npz",
    )
    outcome = sandbox.run(
        msgspec.structs.replace(
            job,
            command=(*job.command, *more),
            inputs={**job.inputs, "/in/more.npz": rows},
            outputs={**job.outputs, _MORE: beside.output},
            files=(*job.files, f"{_MORE}/model.json", f"{_MORE}/answers.npz"),
        )
    )
    if not outcome.succeeded:
        return None
    beside.done(load.runtime, load.release_file)
    return outcome


def _job(load: Load, given: Path, made: Path) -> SandboxJob:
    return SandboxJob(
        runtime=load.runtime,
        command=(
            *_COMMAND,
            *("--describe", "/out/description.json"),
            *("--input", "/in/question.npz", "--output", "/out/answer.npz"),
        ),
        inputs={
            **given_files(load.form, given / "release.json"),
            "/in/question.npz": given / "question.npz",
        },
        outputs={"/out": made},
        files=("/out/description.json", "/out/answer.npz"),
        limits=_LIMITS,
    )


def given_files(form: Form, release_file: Path) -> dict[str, Path]:
    """Path inside to file or folder outside, of all that the server reads."""
    return {
        "/opt/ona/model": form.folder,
        "/opt/ona/model.manifest.json": form.manifest,
        "/opt/ona/release.json": release_file,
    }


def _write_question(question: Question, path: Path) -> None:
    import numpy as np

    arrays = {
        tensor.name: np.array(tensor.data, dtype=_TYPES[tensor.datatype]).reshape(tensor.shape)
        for tensor in question.inputs
    }
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _failure(outcome: SandboxOutcome) -> Finding:
    if outcome.ending != "ended":
        return Finding(outcome.ending, "model", f"the model was loaded and asked: {outcome.cause}")
    words = outcome.output.strip().splitlines() or ["it said nothing"]
    return Finding(
        "does-not-load",
        "model",
        f"the model cannot be loaded in its runtime: {words[-1][:400]}",
        hint="load it with the packages of its own requirements.lock and nothing else",
    )


def _judged(question: Question, made: Path, *, is_unsound: bool) -> Description | Finding:
    try:
        description = read_description(made / "description.json")
        if is_unsound and description.findings:
            return description
        differences = question.differences(_read_answer(made / "answer.npz"))
    except (*UNREADABLE, TypeError) as error:
        sentence = f"the loaded model gave no answer that can be read: {type(error).__name__}"
        return Finding("does-not-load", "model", sentence)
    if differences:
        return Finding("wrong-answer", "question", "; ".join(differences))
    return description


def _read_answer(path: Path) -> dict[str, list[Any]]:
    return {name: array.ravel().tolist() for name, array in read_arrays(path, _MOST_BYTES).items()}
