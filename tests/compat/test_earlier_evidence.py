"""Evidence that earlier versions wrote is read for ever; what they did not know has a default."""

from pathlib import Path

import pytest

from ona_pipeline.records.evidence import ValidationEvidence, read_evidence
from ona_pipeline.records.finding import Verdict

WRITTEN = sorted(Path(__file__).parent.glob("*/validation.json"))


def test_there_is_evidence_of_the_first_version() -> None:
    assert "0.1.0" in [path.parent.name for path in WRITTEN]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.parent.name)
def test_a_validation_of_then_is_read_with_its_verdict_and_comparison(path: Path) -> None:
    evidence = read_evidence(path.read_bytes())
    assert isinstance(evidence, ValidationEvidence)
    assert evidence.verdict is Verdict.INCONCLUSIVE
    assert evidence.metrics["accuracy"] == 0.97
    compared = evidence.comparison
    assert compared is not None
    assert (compared.champion, compared.champion_value, compared.candidate_value) == ("digits-1", 0.975, 0.97)


def test_a_comparison_from_before_there_were_intervals_says_so() -> None:
    evidence = read_evidence((Path(__file__).parent / "0.1.0" / "validation.json").read_bytes())
    assert isinstance(evidence, ValidationEvidence)
    assert evidence.comparison is not None
    assert evidence.comparison.gain is None
    assert evidence.comparison.standing is None
