"""A faster form of the model: looked up by what it is made of, else made and compared in the sandbox.

Nothing here can refuse a model. Where no faster form is shown to answer the same, the committed one serves,
and the evidence says why.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from ona_pipeline.image.forms import FILE, Forms, Kept
from ona_pipeline.image.runtime import Runtime
from ona_pipeline.prepare.interface import FindsRuntimes
from ona_pipeline.prepare.trial import given_files
from ona_pipeline.records.canonical import decode, digest_of, encode
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.form import Equality, Form
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.sandbox.files import plain
from ona_pipeline.sandbox.interface import Limits, Sandbox, SandboxJob, SandboxOutcome
from ona_pipeline.sandbox.left import UNREADABLE, read_json

_FORMAT = 1  # of how a form is made and compared: raised when that changes
_LIMITS = Limits(memory_bytes=4 * 2**30, timeout_s=900.0)
_MOST_SAID_BYTES = 2**20
_NO_ROWS = "the evaluation rows are not in the commit, are more than 16 MiB, or do not suit the signature"

_Keep = Callable[[bytes, Path | None], Kept]


class Faster(NamedTuple):
    """What came of looking for a faster form.

    Attributes:
        equality: how it compares.
        estimator: ``module.Class`` of what it was made of; empty where that was not found out.
        kept: where it is; None where there is none that was shown equal.
    """

    equality: Equality
    estimator: str = ""
    kept: PinnedReference | None = None


class _Said(msgspec.Struct, frozen=True):
    """What `ona_serving.faster` writes."""

    estimator: str
    versions: dict[str, str]
    reason: str
    rows: dict[str, int]
    labels_differ: int
    largest_difference: float
    tolerance: float


class Committed(msgspec.Struct, frozen=True):
    """The form that was committed, to be made faster.

    Attributes:
        model: the model digest.
        form: its files.
        release_file: content of ``release.json`` for it.
        lock: content of the model's hashed requirements.
        data: digest of the evaluation data.
        rows: the evaluation rows, by input; None where there are none to compare with.
    """

    model: Digest
    form: Form
    release_file: bytes
    lock: bytes
    data: Digest
    rows: Path | None


def look_for(committed: Committed, *, runtimes: FindsRuntimes, sandbox: Sandbox, forms: Forms) -> Faster:
    """Find the faster form of a model, or make it, or say why there is none.

    Args:
        committed: what it is made of and compared with.
        runtimes: where runtimes are found or made.
        sandbox: where the form is made.
        forms: where forms are kept.

    Raises:
        BackendError: the image registry, the package index or the sandbox is not there.
    """
    made_of = {"model": committed.model, "data": committed.data, "format": _FORMAT}
    key = digest_of({**made_of, "runtime": runtimes.key(committed.lock, "converting")})
    if (kept := forms.find(key)) is not None:
        return _faster(kept)
    if committed.rows is None:
        return Faster(Equality(is_shown=False, reason=_NO_ROWS))
    runtime = runtimes.have(committed.lock, "converting")
    if isinstance(runtime, Finding):
        return Faster(Equality(is_shown=False, reason=f"the converter has no runtime: {runtime.sentence}"))
    made = _make(
        committed, committed.rows, runtime, sandbox, lambda said, graph: forms.keep(key, said, graph)
    )
    return made if isinstance(made, Faster) else _faster(made)


def _make(committed: Committed, rows: Path, runtime: Runtime, sandbox: Sandbox, keep: _Keep) -> Kept | Faster:
    with tempfile.TemporaryDirectory(prefix="ona-form-") as folder:
        release_file, made = Path(folder, "release.json"), Path(folder, "made")
        release_file.write_bytes(committed.release_file)
        made.mkdir()
        outcome = sandbox.run(_job(given_files(committed.form, release_file), runtime, rows, made))
        if not outcome.succeeded:
            return Faster(Equality(is_shown=False, reason=f"the converter failed: {_last_words(outcome)}"))
        try:
            said = read_json(made / "comparison.json", _MOST_SAID_BYTES, _Said)
            is_shown = not said.reason
            if is_shown:
                plain(made / FILE, _LIMITS.file_bytes).close()
        except UNREADABLE as error:
            reason = f"the converter left nothing that can be read: {type(error).__name__}"
            return Faster(Equality(is_shown=False, reason=reason))
        return keep(encode(said), made / FILE if is_shown else None)


def _job(files: dict[str, Path], runtime: Runtime, rows: Path, made: Path) -> SandboxJob:
    return SandboxJob(
        runtime=runtime.image,
        command=("python3", "-m", "ona_serving.faster", "--rows", "/in/rows.npz", "--output", "/out"),
        inputs={**files, "/in/rows.npz": rows},
        outputs={"/out": made},
        files=("/out/comparison.json", f"/out/{FILE}"),
        limits=_LIMITS,
    )


def _faster(kept: Kept) -> Faster:
    said = decode(kept.said, _Said)
    equality = Equality(
        is_shown=kept.has_graph,
        reason=said.reason[:400],
        rows=said.rows,
        labels_differ=said.labels_differ,
        largest_difference=said.largest_difference,
        tolerance=said.tolerance,
        tools=said.versions,
    )
    return Faster(equality, said.estimator, kept.reference if kept.has_graph else None)


def _last_words(outcome: SandboxOutcome) -> str:
    words = outcome.output.strip().splitlines() or ["it said nothing"]
    return outcome.cause or words[-1][:400]
