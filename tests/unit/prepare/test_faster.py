"""A faster form is found, made or done without, and never refuses a model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from ona_pipeline.image.forms import FILE, Forms
from ona_pipeline.image.runtime import Runtime
from ona_pipeline.prepare.prepare import PrepareInput, prepare
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import PreparedModel, Signature
from ona_pipeline.records.finding import Finding, Verdict
from ona_pipeline.records.form import form_of
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.sandbox.interface import SandboxJob, SandboxOutcome
from ona_pipeline.serving import manifest
from tests.digits import Clock, lay_out
from tests.fakes.registry import FakeRegistry
from tests.fakes.stages import integrity

SAID = {
    "estimator": "sklearn.pipeline.Pipeline",
    "versions": {"onnxruntime": "1.32.0"},
    "reason": "",
    "rows": {"evaluation": 450, "random": 4096},
    "labels_differ": 0,
    "largest_difference": 4.4e-16,
    "tolerance": 1e-5,
}


class Runtimes:
    """One runtime for each purpose; some may not be had."""

    def __init__(self, **refused: str) -> None:
        self.refused = refused
        self.asked: list[tuple[str, bytes]] = []

    def key(self, lock: bytes, purpose: str = "serving") -> Digest:
        return Digest.of(lock + purpose.encode())

    def have(self, lock: bytes, purpose: str = "serving") -> Runtime | Finding:
        self.asked.append((purpose, lock))
        if purpose in self.refused:
            return Finding("lock-unresolvable", "lock", self.refused[purpose])
        image = PinnedReference.of(f"registry.example/{purpose}", self.key(lock, purpose))
        return Runtime(image, self.key(lock, purpose), was_made=False)


class ConverterAndServer:
    """A sandbox in which the converter says what a test has it say, and every form answers.

    Args:
        said: what the converter writes; None for a converter that fails.
        answer: what the graph answers to the known question.
    """

    def __init__(self, said: dict[str, Any] | None = None, answer: int = 9) -> None:
        self.said = said
        self.answer = answer
        self.programs: list[str] = []
        self.leaves: Callable[[Path], None] = lambda folder: None

    def run(self, job: SandboxJob) -> SandboxOutcome:
        program, folder = job.command[2], job.outputs["/out"]
        self.programs.append(program)
        if program == "ona_serving.batch":
            is_graph = "serving-onnx" in job.runtime
            described: dict[str, Any] = {
                "estimator": "a.Graph" if is_graph else "b.Pipeline",
                "versions": {},
                "classes": [],
            }
            (folder / "description.json").write_text(json.dumps(described))
            np.savez(folder / "answer.npz", label=np.array([self.answer if is_graph else 9]))
            return SandboxOutcome("ended", 0, "", 0.1)
        if self.said is None:
            return SandboxOutcome("out-of-memory", 137, "", 0.1)
        (folder / "comparison.json").write_text(json.dumps(self.said))
        if not self.said["reason"]:
            (folder / FILE).write_bytes(b"graph")
        self.leaves(folder)
        return SandboxOutcome("ended", 0, "", 0.1)


class Rows:
    def __init__(self, folder: Path) -> None:
        self.output = folder

    def rows(self, signature: Signature) -> Path | None:
        return self.output / "rows.npz"

    def done(self, image: PinnedReference, release_file: bytes) -> None:
        pass


@pytest.fixture(name="snapshot")
def _snapshot(tmp_path: Path) -> Snapshot:
    return lay_out(tmp_path / "digits")


@pytest.fixture(name="forms")
def _forms() -> Forms:
    return Forms(FakeRegistry(), "registry.example/form", make_manifest=manifest.make)


@pytest.fixture(name="prepared")
def _prepared(snapshot, forms, tmp_path) -> Callable[..., PreparedModel]:
    def prepared(sandbox: Any, runtimes: Any = None, beside: Any = "rows", form: str = "skops"):
        request = PrepareInput(snapshot, msgspec.structs.replace(integrity(snapshot), format=form))
        (tmp_path / "rows.npz").touch()
        return prepare(
            request,
            runtimes=runtimes or Runtimes(),
            sandbox=sandbox,
            clock=Clock(),
            beside=Rows(tmp_path) if beside else None,
            forms=forms,
        )

    return prepared


def test_a_form_that_is_shown_equal_serves_without_the_models_lock(snapshot, prepared) -> None:
    runtimes = Runtimes()
    evidence = prepared(ConverterAndServer(SAID), runtimes)
    assert evidence.verdict is Verdict.PASSED
    assert (evidence.form, evidence.equality.is_shown) == ("onnx", True)
    assert evidence.form_digest != snapshot.model_digest == evidence.subject
    assert evidence.runtime.repository == "registry.example/serving-onnx"
    assert ("serving-onnx", b"") in runtimes.asked
    assert evidence.estimator == "sklearn.pipeline.Pipeline"
    files = form_of(snapshot, evidence.kept)
    assert (files.folder / FILE).read_bytes() == b"graph"
    assert Digest.of(files.manifest.read_bytes()) == evidence.form_digest
    assert "450 evaluation, 4,096 random rows: largest difference 4.4e-16" in evidence.equality.sentence


def test_it_is_made_once_for_each_model_version(prepared) -> None:
    first, second = ConverterAndServer(SAID), ConverterAndServer(SAID)
    assert prepared(first).form_digest == prepared(second).form_digest
    assert first.programs == ["ona_serving.faster", "ona_serving.batch"]
    assert second.programs == ["ona_serving.batch"]


def test_that_there_is_none_is_remembered_too(prepared) -> None:
    said = {**SAID, "reason": "label of random rows: wanted the same, found 1 of 4096 otherwise"}
    first, second = ConverterAndServer(said), ConverterAndServer(said)
    prepared(first)
    evidence = prepared(second)
    assert (evidence.form, evidence.kept, evidence.equality.is_shown) == ("skops", None, False)
    assert "found 1 of 4096 otherwise" in evidence.equality.sentence
    assert second.programs == ["ona_serving.batch"]


@pytest.mark.parametrize(
    ("sandbox", "runtimes", "beside", "reason"),
    [
        (ConverterAndServer(None), Runtimes(), True, "the converter failed: it wanted more memory"),
        (ConverterAndServer(SAID), Runtimes(converting="no such wheel"), True, "no runtime: no such wheel"),
        (ConverterAndServer(SAID), Runtimes(), False, "the evaluation rows are not in the commit"),
        (
            ConverterAndServer(SAID, answer=4),
            Runtimes(),
            True,
            "does not serve: label: wanted [9], found [4]",
        ),
        (ConverterAndServer({"reason": ""}), Runtimes(), True, "nothing that can be read"),
    ],
    ids=["died", "no-runtime", "no-rows", "wrong-answer", "malformed"],
)
def test_without_a_faster_form_the_committed_one_serves(
    prepared, snapshot, sandbox, runtimes, beside, reason
):
    evidence = prepared(sandbox, runtimes, beside)
    assert evidence.verdict is Verdict.PASSED
    assert (evidence.form, evidence.form_digest) == ("skops", snapshot.model_digest)
    assert evidence.runtime.repository == "registry.example/serving"
    assert reason in evidence.equality.reason


def test_a_link_that_the_converter_left_is_not_followed(prepared, tmp_path) -> None:
    (tmp_path / "secret").write_text("a key")
    sandbox = ConverterAndServer(SAID)

    def link(folder: Path) -> None:
        (folder / FILE).unlink()
        (folder / FILE).symlink_to(tmp_path / "secret")

    sandbox.leaves = link
    assert "nothing that can be read" in prepared(sandbox).equality.reason


def test_a_committed_graph_serves_as_it_is(prepared, snapshot) -> None:
    sandbox, runtimes = ConverterAndServer(), Runtimes()
    evidence = prepared(sandbox, runtimes, form="onnx")
    assert (evidence.form, evidence.form_digest, evidence.kept) == ("onnx", snapshot.model_digest, None)
    assert evidence.equality is None
    assert runtimes.asked == [("serving-onnx", b"")]
    assert sandbox.programs == ["ona_serving.batch"]


def test_a_tag_that_leads_elsewhere_is_not_believed(prepared, forms, snapshot) -> None:
    registry = forms._registry
    prepared(ConverterAndServer(SAID))
    tag = registry.tags()[0]
    other = registry.get_manifest("registry.example/form", tag).replace(
        b'"ona.form-key":"sha256:', b'"ona.form-key":"sha256:0'
    )
    registry.put_manifest("registry.example/form", other, tag=tag)
    again = ConverterAndServer(SAID)
    prepared(again)
    assert again.programs == ["ona_serving.faster", "ona_serving.batch"]
