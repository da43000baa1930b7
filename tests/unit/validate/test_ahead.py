"""Rows answered in the run of `prepare`: used for exactly the same question, and for no other."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ona_pipeline.image.runtime import Runtime
from ona_pipeline.prepare.prepare import PrepareInput, prepare
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import PreparedModel, ValidationEvidence
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.sandbox.interface import SandboxJob, SandboxOutcome
from ona_pipeline.validate import ahead as room
from ona_pipeline.validate.ahead import Ahead
from ona_pipeline.validate.validate import ValidateInput, validate
from tests.digits import Clock, redeclared
from tests.digits_prepared import RUNTIME, prepared
from tests.fakes.stages import integrity
from tests.sandboxes import FakeSandbox
from tests.validations import rows_of, with_data


class Runtimes:
    """The runtime of digits."""

    def key(self, lock: bytes, purpose: str = "serving") -> Digest:
        return Digest.of(lock)

    def have(self, lock: bytes, purpose: str = "serving") -> Runtime:
        return Runtime(RUNTIME, self.key(lock), was_made=False)


class Walk:
    """Prepare, then validate, in one sandbox."""

    def __init__(self, folder: Path, snapshot: Snapshot, sandbox: Any = None) -> None:
        self.snapshot = snapshot
        self.sandbox = sandbox or FakeSandbox(folder / "sandboxes")
        (folder / "ahead").mkdir()
        self.ahead = Ahead(snapshot, folder / "ahead")

    def prepare(self) -> PreparedModel:
        known = msgspec.structs.replace(integrity(self.snapshot), types=prepared(self.snapshot).trusted_types)
        return prepare(
            PrepareInput(self.snapshot, known),
            runtimes=Runtimes(),
            sandbox=self.sandbox,
            clock=Clock(),
            beside=self.ahead,
        )

    def validate(self, made: PreparedModel, snapshot: Snapshot | None = None) -> ValidationEvidence:
        request = ValidateInput(snapshot or self.snapshot, made)
        return validate(request, sandbox=self.sandbox, clock=Clock(), ahead=self.ahead)


@pytest.fixture(name="noisy")
def _noisy(snapshot: Snapshot) -> Snapshot:
    validation = msgspec.structs.replace(snapshot.declaration.validation, noise=0.05)
    return redeclared(snapshot, validation=validation)


def test_one_run_loads_the_model_and_answers_and_the_evidence_is_the_same(tmp_path, noisy) -> None:
    walk = Walk(tmp_path, noisy)
    found = walk.validate(walk.prepare())
    assert len(walk.sandbox.jobs) == 1
    apart = FakeSandbox(tmp_path / "apart")
    alone = validate(ValidateInput(noisy, walk.prepare()), sandbox=apart, clock=Clock())
    assert len(apart.jobs) == 1
    timed = {"latency_p50_s", "latency_p95_s", "rows_per_s"}
    assert {name: found.metrics[name] for name in found.metrics.keys() - timed} == {
        name: alone.metrics[name] for name in alone.metrics.keys() - timed
    }
    assert (found.confusion, found.calibration) == (alone.confusion, alone.calibration)


def test_other_rows_are_asked_anew(tmp_path, snapshot) -> None:
    walk = Walk(tmp_path, snapshot)
    made = walk.prepare()
    other = with_data(snapshot, rows_of(snapshot).iloc[:100])
    assert walk.validate(made, other).rows == 100
    assert len(walk.sandbox.jobs) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"runtime": PinnedReference.of("registry.example/other", Digest.of(b"other"))},
        {"trusted_types": ("one.Other",)},
        {"form_digest": Digest.of(b"another form")},
    ],
)
def test_another_image_or_another_release_file_is_asked_anew(tmp_path, snapshot, changed) -> None:
    walk = Walk(tmp_path, snapshot)
    made = msgspec.structs.replace(walk.prepare(), **changed)
    walk.validate(made)
    assert len(walk.sandbox.jobs) == 2


def test_many_rows_are_left_to_validate(tmp_path, snapshot, monkeypatch) -> None:
    monkeypatch.setattr(room, "MOST_BYTES", 1000)
    walk = Walk(tmp_path, snapshot)
    walk.validate(walk.prepare())
    assert len(walk.sandbox.jobs) == 2


class Dying(FakeSandbox):
    """Ends badly where more than the known question is asked."""

    def run(self, job: SandboxJob) -> SandboxOutcome:
        if "/more" in job.outputs:
            self.jobs.append(job)
            return SandboxOutcome("out-of-memory", 137, "", 0.1)
        return super().run(job)


def test_rows_that_kill_the_model_decide_nothing_in_prepare_and_are_asked_by_validate(
    tmp_path, snapshot
) -> None:
    walk = Walk(tmp_path, snapshot, Dying(tmp_path / "sandboxes"))
    made = walk.prepare()
    assert made.verdict is Verdict.PASSED
    assert walk.validate(made).verdict is Verdict.PASSED
    assert ["/more" in job.outputs for job in walk.sandbox.jobs] == [True, False, False]
