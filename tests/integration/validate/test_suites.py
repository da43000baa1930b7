"""Great Expectations suites: unmet ones are findings with counts, broken ones are named."""

import json
from typing import Any

import msgspec
import pytest

from ona_pipeline.records.declaration import Suites
from tests.digits import redeclared


@pytest.fixture(name="with_suite")
def _with_suite(snapshot, judge):
    """Judge with one suite for the data alone."""

    def run(content, table="data"):
        text = content if isinstance(content, str) else json.dumps(content)
        (snapshot.suites / "one.json").write_text(text)
        return judge(
            redeclared(snapshot, validation=msgspec.structs.replace(Suites(), **{table: ("one.json",)}))
        )

    return run


def suite(*expectations) -> Any:
    return {"name": "one", "expectations": [{"type": kind, "kwargs": given} for kind, given in expectations]}


def test_an_unmet_expectation_says_how_many_rows_and_what_was_found(with_suite):
    wanted = ("expect_column_values_to_be_between", {"column": "pixel_0_2", "min_value": 0, "max_value": 15})
    evidence = with_suite(suite(wanted))
    [finding] = evidence.findings
    assert finding.code == "expectation-unmet"
    assert finding.subject == "one.json: pixel_0_2"
    assert "max_value 15" in finding.sentence
    assert "of 450 rows" in finding.sentence
    [outcome] = evidence.suites
    assert (outcome.expectations, outcome.unmet) == (1, 1)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (("expect_column_max_to_be_between", {"column": "label", "max_value": 3}), "found 9"),
        (("expect_table_row_count_to_be_between", {"min_value": 1000}), "found 450"),
        (
            ("expect_column_distinct_values_to_contain_set", {"column": "label", "value_set": [1, 77]}),
            "none of [77]",
        ),
        (("expect_table_columns_to_match_set", {"column_set": ["label"], "exact_match": True}), "pixel_7_7"),
    ],
)
def test_what_was_found_is_said_for_each_kind(with_suite, wanted, found):
    [finding] = with_suite(suite(wanted)).findings
    assert found in finding.sentence


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "truncated"),
        ({"name": "one"}, "expectations"),
        (suite(), "expects nothing"),
        (suite(("expect_miracles", {})), "expect_miracles"),
        (suite(("expect_column_values_to_not_be_null", {"column": "gone"})), "gone"),
        (suite(("expect_column_values_to_not_be_null", {"colum": "label"})), "colum"),
        (
            suite(
                (
                    "expect_column_values_to_not_be_null",
                    {
                        "column": "label",
                        "row_condition": "label.to_pickle('x')",
                        "condition_parser": "pandas",
                    },
                )
            ),
            "row_condition is not allowed",
        ),
        (
            suite(("expect_column_max_to_be_between", {"column": "label", "max_value": {"$PARAMETER": "x"}})),
            "got `object`",
        ),
    ],
)
def test_a_broken_suite_is_refused_by_name(with_suite, content, reason):
    [finding] = with_suite(content).findings
    assert finding.code == "suite-broken"
    assert finding.subject == "one.json"
    assert reason in finding.sentence


@pytest.mark.parametrize("name", ["gone.json", "../../models/digits/training.json"])
def test_a_suite_that_is_not_in_its_folder_is_refused(judge, snapshot, name):
    [finding] = judge(redeclared(snapshot, validation=Suites(metrics=(name,)))).findings
    assert finding.code == "suite-broken"
    assert finding.subject == name
