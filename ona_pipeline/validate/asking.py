"""Rows answered in the sandbox, by the runtime that will serve."""

import tempfile
from pathlib import Path
from typing import Any

import msgspec

from ona_pipeline.records.finding import Finding
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.sandbox.interface import Limits, Sandbox, SandboxJob, SandboxOutcome
from ona_pipeline.validate import answers
from ona_pipeline.validate.answers import Answers

FEATURES = "/job/in/features.npz"
OUTPUT = "/job/out"


class Asked(msgspec.Struct, frozen=True):
    """Who is asked.

    Attributes:
        subject: what findings call it.
        image: the image whose Python and server answer.
        files: path inside to file or folder outside; empty where the image holds its own model.
        limits: what it may use.
    """

    subject: str
    image: PinnedReference
    files: dict[str, Path] = {}
    limits: Limits = Limits(file_bytes=answers.MAX_BYTES)


def ask(asked: Asked, rows: dict[str, Any], *, sandbox: Sandbox) -> Answers | Finding:
    """Have the rows answered; how the program ended otherwise is a finding.

    Args:
        asked: who is asked.
        rows: one array for each input, as many rows in each.
        sandbox: where it runs, without network.

    Raises:
        BackendError: the sandbox could not be made.
    """
    import numpy as np

    with tempfile.TemporaryDirectory(prefix="ona-validate-") as scratch:
        features, output = Path(scratch, "features.npz"), Path(scratch, "out")
        output.mkdir()
        np.savez(features, allow_pickle=False, **rows)
        outcome = sandbox.run(_job(asked, features, output))
        if not outcome.succeeded:
            return _ending(asked.subject, outcome)
        return answers.read(output, asked.subject, rows=len(next(iter(rows.values()))))


def _job(asked: Asked, features: Path, output: Path) -> SandboxJob:
    arguments = (
        "--input",
        FEATURES,
        "--output",
        f"{OUTPUT}/answers.npz",
        "--describe",
        f"{OUTPUT}/model.json",
    )
    return SandboxJob(
        runtime=asked.image,
        command=("python3", "-m", "ona_serving.batch", *arguments),
        inputs={FEATURES: features, **asked.files},
        outputs={OUTPUT: output},
        files=(f"{OUTPUT}/answers.npz", f"{OUTPUT}/model.json"),
        limits=asked.limits,
    )


def _ending(subject: str, outcome: SandboxOutcome) -> Finding:
    said = outcome.output.strip().splitlines()[-1:] or ["nothing"]
    if outcome.ending == "ended":
        code, sentence = "does-not-answer", f"wanted answers, found exit status {outcome.status}"
    else:
        code, sentence = outcome.ending, f"wanted answers, but {outcome.cause}"
    return Finding(
        code, subject, f"{subject}: {sentence} after {outcome.seconds:.1f} s; it said: {said[0][:500]}"
    )
