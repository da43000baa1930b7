"""What a training left: an ending, a model directory and a few facts; all of it hostile, and read as data."""

from pathlib import Path
from typing import Any

import msgspec

from ona_pipeline.errors import RefusedError
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.sandbox.interface import SandboxOutcome
from ona_pipeline.sandbox.left import UNREADABLE, read_json
from ona_pipeline.serving import manifest

_MAX_FACTS_BYTES = 1 << 20
_MAX_TAG = 100
_HINTS = {
    "timed-out": "raise training.timeout_s in release.toml, or train less",
    "out-of-memory": "raise training.memory_bytes in release.toml, or train on less",
}


class Made(msgspec.Struct, frozen=True):
    """A model that came out of a training.

    Attributes:
        folder: the model directory.
        manifest: its model manifest, made here and not in the sandbox.
        facts: ``seed`` and ``data`` as the training stated them; empty where it did not.
    """

    folder: Path
    manifest: bytes
    facts: dict[str, str]

    @property
    def model_digest(self) -> Digest:
        """The digest of the manifest's bytes."""
        return Digest.of(self.manifest)


def finding_of(outcome: SandboxOutcome, script: str) -> Finding | None:
    """Why there is no model, as far as the ending tells; None where it ended well."""
    if outcome.succeeded:
        return None
    code = "training-failed" if outcome.ending == "ended" else outcome.ending
    failed = f"wanted exit status 0, found {outcome.status}: {_last(outcome.output)}"
    return Finding(code, script, f"{script}: {outcome.cause or failed}", hint=_HINTS.get(code, ""))


def _last(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"


def collect(output: Path, script: str) -> Made | Finding:
    """Read the folder that a training wrote to.

    Returns:
        The model, or the finding that says why there is none.
    """
    folder = output / "model"
    if folder.is_symlink() or not folder.is_dir() or not any(folder.iterdir()):
        return Finding("no-model", script, f"{script}: wanted a folder model in --output, found none")
    try:
        made = manifest.make(folder)
    except ValueError as error:
        return Finding("not-a-model", "model", f"the folder that {script} made cannot be a model: {error}")
    return Made(folder, made, _facts(output / "training.json"))


def _facts(file: Path) -> dict[str, str]:
    """Seed and data digest, as the training states them. They are for people; nothing is decided by them."""
    try:
        stated = read_json(file, _MAX_FACTS_BYTES, dict[str, Any])
    except UNREADABLE:
        return {}
    return {
        key: str(stated[key])[:_MAX_TAG] for key in ("seed", "data") if isinstance(stated.get(key), str | int)
    }


def refusal(finding: Finding, run_id: str) -> RefusedError:
    """The error that ends a retraining that made no model."""
    where = f"its output is the artifact training.log of the MLflow run {run_id}"
    return RefusedError(finding.sentence, hint=f"{finding.hint}; {where}".removeprefix("; "))
