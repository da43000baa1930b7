"""Evaluation data of a size that people have: judged whole, and what is sampled is said."""

import pytest

from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.quality import Sampling
from tests.validations import SHAPE, with_many_rows


@pytest.mark.parametrize("rows", [2_000, pytest.param(100_000, marks=pytest.mark.full)])
def test_many_rows_are_judged_and_what_is_sampled_is_said(judge, snapshot, rows):
    evidence = judge(with_many_rows(snapshot, rows), signature=SHAPE)
    assert evidence.verdict is Verdict.PASSED
    assert evidence.rows == sum(each.rows for each in evidence.slices) == rows
    assert evidence.sampling == (Sampling("answers after noise", 1000, rows),)
