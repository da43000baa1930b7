import json
import zipfile
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ona_pipeline.image.runtime import Runtime
from ona_pipeline.prepare.prepare import PrepareInput, prepare
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import PreparedModel
from ona_pipeline.records.finding import Finding, Verdict
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot
from tests.digits import Clock, lay_out, redeclared, remake_manifest
from tests.fakes.sandbox import FakeSandbox
from tests.fakes.stages import REFUSAL, SIGNATURE, integrity

IMAGE = PinnedReference(f"registry.example/ona/runtime@sha256:{'1' * 64}")
KEY = Digest.of(b"key")


class FakeRuntimes:
    def __init__(self, found: Runtime | Finding | None = None) -> None:
        self.found = found or Runtime(IMAGE, KEY, was_made=True)

    def key(self, lock: bytes, purpose: str = "serving") -> Digest:
        return KEY

    def have(self, lock: bytes, purpose: str = "serving") -> Runtime | Finding:
        return self.found


def answering(label: int = 9):
    def write(folder: Path) -> None:
        description = {
            "estimator": "sklearn.pipeline.Pipeline",
            "versions": {"numpy": "2.4.6"},
            "classes": [],
        }
        (folder / "description.json").write_text(json.dumps(description))
        np.savez(folder / "answer.npz", label=np.array([label]))

    return write


@pytest.fixture(name="snapshot")
def _snapshot(tmp_path: Path) -> Snapshot:
    return lay_out(tmp_path)


def prepared(
    snapshot: Snapshot, sandbox: FakeSandbox | None = None, runtimes: FakeRuntimes | None = None
) -> PreparedModel:
    return prepare(
        PrepareInput(snapshot, integrity(snapshot)),
        runtimes=runtimes or FakeRuntimes(),
        sandbox=sandbox or FakeSandbox(writes=answering()),
        clock=Clock(),
    )


def code(evidence: PreparedModel) -> str:
    assert evidence.verdict is Verdict.REFUSED
    return evidence.findings[0].code


def test_a_model_that_loads_and_answers_is_prepared(snapshot: Snapshot):
    evidence = prepared(snapshot)
    assert evidence.verdict is Verdict.PASSED
    assert (evidence.runtime, evidence.runtime_key, evidence.runtime_made) == (IMAGE, KEY, True)
    assert (evidence.form, evidence.form_digest) == ("skops", snapshot.model_digest)
    assert evidence.signature == SIGNATURE
    assert evidence.estimator == "sklearn.pipeline.Pipeline"
    assert evidence.packages == {"numpy": "2.4.6"}
    assert evidence.started_at < evidence.finished_at


def test_it_is_loaded_in_its_own_runtime_with_nothing_to_reach(snapshot: Snapshot):
    sandbox = FakeSandbox(writes=answering())
    prepared(snapshot, sandbox)
    job = sandbox.jobs[0]
    assert job.runtime == IMAGE
    assert job.loopback is False
    assert job.environment == {}
    assert job.inputs["/opt/ona/model"] == snapshot.model
    assert list(job.outputs) == ["/out"]


def test_another_answer_to_the_known_question_is_refused(snapshot: Snapshot):
    evidence = prepared(snapshot, FakeSandbox(writes=answering(label=4)))
    assert code(evidence) == "wrong-answer"
    assert evidence.findings[0].sentence == "label: wanted [9], found [4]"


@pytest.mark.parametrize("ending", ["out-of-memory", "timed-out", "crashed"])
def test_a_model_that_dies_when_it_is_loaded_is_refused(snapshot: Snapshot, ending):
    assert code(prepared(snapshot, FakeSandbox(ending=ending, status=137))) == ending


def test_a_model_that_does_not_load_is_refused_in_the_loaders_words(snapshot: Snapshot):
    sandbox = FakeSandbox(status=2, output="noise\nmodel.skops: untrusted type os.system\n")
    evidence = prepared(snapshot, sandbox)
    assert code(evidence) == "does-not-load"
    assert "untrusted type os.system" in evidence.findings[0].sentence


DEEP = b'{"estimator":"a","versions":{},"more":' + b"[" * 5000 + b"]" * 5000 + b"}"


@pytest.mark.parametrize("content", [b"", b"[]", b'{"estimator": 1}', b" " * (1 << 20) + b"{}", DEEP])
def test_a_description_that_makes_no_sense_is_refused(snapshot: Snapshot, content: bytes):
    def write(folder: Path) -> None:
        answering()(folder)
        (folder / "description.json").write_bytes(content)

    assert code(prepared(snapshot, FakeSandbox(writes=write))) == "does-not-load"


def test_an_answer_that_is_a_pickle_is_refused_and_not_loaded(snapshot: Snapshot):
    def write(folder: Path) -> None:
        answering()(folder)
        np.savez(folder / "answer.npz", label=np.array([{"a": "pickle"}], dtype=object))

    assert code(prepared(snapshot, FakeSandbox(writes=write))) == "does-not-load"


def test_a_program_that_writes_nothing_is_refused(snapshot: Snapshot):
    assert code(prepared(snapshot, FakeSandbox())) == "does-not-load"


def test_an_answer_of_huge_size_is_refused_unread(snapshot: Snapshot):
    def write(folder: Path) -> None:
        answering()(folder)
        np.savez_compressed(folder / "answer.npz", label=np.zeros(3_000_000))

    assert code(prepared(snapshot, FakeSandbox(writes=write))) == "does-not-load"


def test_an_answer_that_promises_more_than_it_holds_is_refused_before_memory_is_taken(snapshot: Snapshot):
    def write(folder: Path) -> None:
        answering()(folder)
        header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}\n"
        with zipfile.ZipFile(folder / "answer.npz", "w") as archive:
            archive.writestr("label.npy", b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header)

    assert code(prepared(snapshot, FakeSandbox(writes=write))) == "does-not-load"


@pytest.mark.parametrize("reason", ["lock-conflict", "lock-unresolvable"])
def test_a_lock_without_a_runtime_is_refused(snapshot: Snapshot, reason: str):
    evidence = prepared(snapshot, runtimes=FakeRuntimes(Finding(reason, "lock", "why")))
    assert code(evidence) == reason
    assert evidence.runtime is None


def test_a_model_without_a_signature_is_refused(snapshot: Snapshot):
    (snapshot.model / "MLmodel").write_text("flavors: {}")
    remake_manifest(snapshot)
    evidence = prepared(snapshot)
    assert code(evidence) == "signature-missing"
    assert "signature=" in evidence.findings[0].hint


def test_a_question_that_cannot_be_asked_is_refused(snapshot: Snapshot):
    question = snapshot.declaration.question
    crooked = msgspec.structs.replace(question.inputs[0], shape=(1, 63))
    spoilt = redeclared(snapshot, question=msgspec.structs.replace(question, inputs=(crooked,)))
    assert code(prepared(spoilt)) == "question-malformed"


def test_evidence_of_another_model_is_not_accepted(snapshot: Snapshot):
    evidence = integrity(snapshot)
    (snapshot.model / "added").write_text("x")
    remake_manifest(snapshot)
    with pytest.raises(ValueError, match="another model"):
        PrepareInput(snapshot, evidence)


def test_a_refused_model_cannot_be_prepared(snapshot: Snapshot):
    with pytest.raises(ValueError, match="refused"):
        PrepareInput(snapshot, integrity(snapshot, REFUSAL))
