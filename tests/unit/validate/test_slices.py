"""Slices of the evaluation data: by value, between edges, and what cannot be cut."""

import pandas as pd
import pytest

from ona_pipeline.records.declaration import SliceBy
from ona_pipeline.records.finding import Finding
from ona_pipeline.validate.slices import MOST, cut

FRAME = pd.DataFrame(
    {"region": ["south", "north", None, "north"], "age": [17, 18, 65, 40], "id": ["a", "b", "c", "d"]}
)


def rows(*declared: SliceBy) -> dict[str, list[int]]:
    found = cut(FRAME, declared)
    assert not isinstance(found, Finding), found
    return {name: [int(row) for row in mask.nonzero()[0]] for name, mask in found.items()}


def test_there_is_one_slice_for_each_value_and_one_for_none() -> None:
    assert rows(SliceBy("region")) == {"region=north": [1, 3], "region=south": [0], "region missing": [2]}


def test_edges_cut_numbers_and_every_row_is_in_one_part() -> None:
    assert rows(SliceBy("age", (65, 18))) == {"age<18": [0], "18<=age<65": [1, 3], "age>=65": [2]}


@pytest.mark.parametrize(
    ("by", "reason"), [(SliceBy("colour"), "found ['region'"), (SliceBy("region", (1,)), "wanted numbers")]
)
def test_what_cannot_be_cut_is_refused_by_name(by: SliceBy, reason: str) -> None:
    finding = cut(FRAME, (by,))
    assert isinstance(finding, Finding)
    assert finding.code == "slice-unusable"
    assert by.column in finding.sentence
    assert reason in finding.sentence


def test_more_slices_than_anybody_reads_are_refused() -> None:
    frame = pd.DataFrame({"id": range(MOST + 1)})
    finding = cut(frame, (SliceBy("id"),))
    assert isinstance(finding, Finding)
    assert f"at most {MOST}" in finding.sentence
