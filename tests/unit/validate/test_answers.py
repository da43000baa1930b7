"""What comes out of a sandbox: endings that are findings, and files that are not believed."""

import io
import os
import zipfile
from typing import Any

import numpy as np
import pytest

from ona_pipeline.sandbox.interface import SandboxOutcome
from tests.sandboxes import StubbornSandbox

DONE = SandboxOutcome("ended", 0, "", 1.0)
ROWS = 450


@pytest.mark.parametrize("ending", ["crashed", "out-of-memory", "timed-out"])
def test_a_sandbox_that_dies_is_a_finding(judge, ending):
    where = StubbornSandbox(SandboxOutcome(ending, 137, "last words\n", 2.5))
    [finding] = judge(where=where).findings
    assert finding.code == ending
    assert "last words" in finding.sentence


def test_an_exit_status_is_a_finding_with_the_last_line(judge):
    [finding] = judge(where=StubbornSandbox(SandboxOutcome("ended", 2, "first\nwhy\n", 1.0))).findings
    assert finding.code == "does-not-answer"
    assert finding.sentence.endswith("why")


def good(**changes) -> Any:
    arrays = {
        "label": np.zeros(ROWS, dtype=np.int64),
        "probabilities": np.full((ROWS, 10), 0.1),
        "seconds": np.array(0.1),
        "single_seconds": np.zeros(64),
        "single_differs": np.array(0),
        "repeat_differs": np.array(0),
    }
    return {name: array for name, array in (arrays | changes).items() if array is not None}


def written(arrays, description=b'{"classes":[0,1,2,3,4,5,6,7,8,9]}') -> Any:
    def write(folder):
        np.savez(folder / "answers.npz", **arrays)
        (folder / "model.json").write_bytes(description)

    return write


def members(**contents) -> Any:
    def write(folder):
        written(good())(folder)
        with zipfile.ZipFile(folder / "answers.npz", "a") as archive:
            for name, content in contents.items():
                archive.writestr(f"{name}.npy", content)

    return write


def header(descr, shape) -> Any:
    stream = io.BytesIO()
    content = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, content)
    return stream.getvalue()


def linked(folder):
    written(good())(folder)
    (folder / "answers.npz").rename(folder / "real.npz")
    (folder / "answers.npz").symlink_to("real.npz")


def piped(folder):
    written(good())(folder)
    (folder / "model.json").unlink()
    os.mkfifo(folder / "model.json")


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda folder: None, id="nothing"),
        pytest.param(lambda folder: (folder / "answers.npz").write_bytes(b"x"), id="no archive"),
        pytest.param(written(good(label=np.zeros(3, dtype=int))), id="too few rows"),
        pytest.param(written(good(label=np.array(3))), id="no rows"),
        pytest.param(written(good(label=None)), id="no label"),
        pytest.param(written(good(label=np.array([None] * ROWS))), id="pickled objects"),
        pytest.param(written(good(probabilities=np.zeros((ROWS, 3)))), id="other classes"),
        pytest.param(written(good(repeat_differs=None)), id="no count"),
        pytest.param(written(good(repeat_differs=np.zeros(2))), id="two counts"),
        pytest.param(written(good(), b"{"), id="broken description"),
        pytest.param(written(good(), b'{"classes":[{}]}'), id="strange classes"),
        pytest.param(written(good(), b'{"more":' + b"[" * 5000 + b"]" * 5000 + b"}"), id="deep description"),
        pytest.param(members(more=header("<f8", (10**12,))), id="more promised than held"),
        pytest.param(members(more=header("<f8", (-1, 5))), id="negative shape"),
        pytest.param(members(more=b"\x80\x04."), id="a pickle"),
        pytest.param(linked, id="a link"),
        pytest.param(piped, id="a pipe"),
    ],
)
def test_answers_that_are_none_are_refused(codes, spoil):
    assert codes(where=StubbornSandbox(DONE, spoil)) == {"answers-malformed"}


@pytest.mark.parametrize("count", ["single_differs", "repeat_differs"])
def test_answers_that_change_are_refused(judge, count):
    evidence = judge(where=StubbornSandbox(DONE, written(good(**{count: np.array(7)}))))
    assert "found another in 7 rows" in next(
        finding.sentence for finding in evidence.findings if finding.code == "batch-differs"
    )


def test_answers_that_are_not_finite_are_refused_and_not_measured(judge):
    spoil = written(good(probabilities=np.full((ROWS, 10), np.nan)))
    evidence = judge(where=StubbornSandbox(DONE, spoil))
    assert [finding.code for finding in evidence.findings] == ["not-finite"]
    assert "4500" in evidence.findings[0].sentence
    assert evidence.metrics == {}


def test_a_regressor_is_measured_by_its_errors(judge, snapshot):
    truth = np.loadtxt(snapshot.root / "evaluation.csv", delimiter=",", skiprows=1)[:, 64]
    spoil = written(good(label=None, probabilities=None, value=truth + 1))
    evidence = judge(where=StubbornSandbox(DONE, spoil))
    assert evidence.metrics["mean_absolute_error"] == pytest.approx(1)
    assert evidence.metrics["root_mean_squared_error"] == pytest.approx(1)
    assert evidence.metrics["r2"] < 1
