from collections.abc import Callable
from pathlib import Path

import pytest

from ona_pipeline.records.evidence import ValidationEvidence
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.validate.validate import ValidateInput, validate
from tests.digits import Clock, lay_out
from tests.digits_prepared import prepared
from tests.sandboxes import FakeSandbox

Judge = Callable[..., ValidationEvidence]


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return lay_out(tmp_path / "snapshot")


@pytest.fixture
def sandbox(tmp_path: Path) -> FakeSandbox:
    return FakeSandbox(tmp_path / "sandbox")


@pytest.fixture
def judge(snapshot: Snapshot, sandbox: FakeSandbox) -> Judge:
    def run(other: Snapshot | None = None, *, where=None, champion=None, **changes) -> ValidationEvidence:
        asked = ValidateInput(other or snapshot, prepared(snapshot, **changes))
        return validate(asked, sandbox=where or sandbox, clock=Clock(), champion=champion)

    return run


@pytest.fixture
def codes(judge: Judge) -> Callable[..., set[str]]:
    def run(*arguments, **named) -> set[str]:
        return {finding.code for finding in judge(*arguments, **named).findings}

    return run
