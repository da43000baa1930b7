"""Files for people, drawn from the evidence alone."""

import json
from typing import Any
from xml.etree import ElementTree as ET

import msgspec

from ona_pipeline.pictures import files
from ona_pipeline.records.comparison import Comparison, Gain, SliceComparison, Standing
from ona_pipeline.records.evidence import ValidationEvidence
from ona_pipeline.records.quality import CalibrationBin, Confusion
from tests.fakes.releases import road

GAIN = Gain(0.01, -0.002, 0.02)
PART = SliceComparison("region=north", 40, 0.9, 0.91, 1, GAIN, Standing.UNDECIDED)


def evidence(**found: Any) -> ValidationEvidence:
    plain = road("digits-2")["validate"]
    assert isinstance(plain, ValidationEvidence)
    return msgspec.structs.replace(plain, **found)


def full() -> ValidationEvidence:
    return evidence(
        confusion=Confusion(("no & <maybe>", "yes"), ((9, 1), (2, 8))),
        calibration=(CalibrationBin(0.6, 0.5, 10), CalibrationBin(0.9, 0.95, 10)),
        comparison=Comparison(
            "digits-1", "accuracy", 0.9, 0.91, 0.01, 3, 20, GAIN, 0.95, 10, 20, Standing.NOT_WORSE, (PART,)
        ),
    )


def test_there_is_a_plot_for_each_thing_that_was_found_and_the_evidence_itself() -> None:
    found = files(full())
    assert set(found) == {"validation.json", "confusion.svg", "calibration.svg", "champion.svg"}
    assert json.loads(found["validation.json"])["stage"] == "validate"
    for name in set(found) - {"validation.json"}:
        assert ET.fromstring(found[name]).tag.endswith("svg")


def test_what_was_not_found_is_not_drawn() -> None:
    assert set(files(evidence())) == {"validation.json"}
    before = Comparison("digits-1", "accuracy", 0.9, 0.91, 0.01, 3, 20)
    assert set(files(evidence(comparison=before))) == {"validation.json"}


def test_the_same_evidence_gives_the_same_bytes() -> None:
    assert files(full()) == files(full())
