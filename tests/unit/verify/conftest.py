from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ona_pipeline.policy import VerifyPolicy
from ona_pipeline.records.evidence import IntegrityEvidence
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.verify.verify import VerifyInput, verify
from tests.digits import Clock, lay_out

Judge = Callable[..., IntegrityEvidence]


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return lay_out(tmp_path)


@pytest.fixture
def judge(snapshot: Snapshot) -> Judge:
    def run(other: Snapshot | None = None, policy: VerifyPolicy | None = None) -> IntegrityEvidence:
        return verify(VerifyInput(other or snapshot, policy or VerifyPolicy()), clock=Clock())

    return run


@pytest.fixture
def codes(judge: Judge) -> Callable[..., list[tuple[str, str]]]:
    """The findings as (code, subject)."""

    def run(other: Snapshot | None = None, **policy: Any) -> list[tuple[str, str]]:
        evidence = judge(other, VerifyPolicy(**policy))
        return [(finding.code, finding.subject) for finding in evidence.findings]

    return run
