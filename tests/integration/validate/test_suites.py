"""Great Expectations suites: unmet ones are findings with counts, broken ones are named."""

import pytest

from ona_pipeline.records.declaration import Suites
from ona_pipeline.validate.validate import ValidateInput, validate
from tests.digits import Clock, redeclared
from tests.digits_prepared import prepared
from tests.validations import between, only_suite, suite


@pytest.fixture(name="with_suite")
def _with_suite(snapshot, judge):
    """Judge with one suite for the data alone."""

    def run(content, table="data"):
        return judge(only_suite(snapshot, content, table))

    return run


def test_an_unmet_expectation_says_how_many_rows_and_what_was_found(with_suite):
    wanted = ("expect_column_values_to_be_between", {"column": "pixel_0_2", "min_value": 0, "max_value": 15})
    evidence = with_suite(suite(wanted))
    [finding] = evidence.findings
    assert finding.code == "expectation-unmet"
    assert finding.subject == "one.json: pixel_0_2"
    assert "max_value 15" in finding.sentence
    assert "of 450 rows" in finding.sentence
    [unmet] = evidence.unmet
    assert (unmet.suite, unmet.table, unmet.kind) == ("one.json", "data", wanted[0])
    assert len(unmet.examples) == min(unmet.unexpected, 20)
    assert {each.value for each in unmet.examples} == {"16"}
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
        (
            suite(("expect_column_values_to_not_be_null", {"column": "gone"})),
            "no column is called 'gone'; there",
        ),
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


def test_a_threshold_for_a_metric_that_does_not_exist_is_refused_with_those_that_do(with_suite):
    [finding] = with_suite(
        suite(("expect_column_max_to_be_between", {"column": "beauty"})), "metrics"
    ).findings
    assert finding.code == "suite-broken"
    assert "'beauty'" in finding.sentence
    assert "accuracy" in finding.sentence


def test_data_docs_are_written_where_they_are_asked_for(snapshot, sandbox, tmp_path):
    held = only_suite(snapshot, suite(between("label", max_value=3), between("features_max", min_value=0)))
    request = ValidateInput(held, prepared(snapshot))
    evidence = validate(request, sandbox=sandbox, clock=Clock(), docs=tmp_path)
    page = (tmp_path / "data-one.html").read_text()
    assert "label" in page
    assert "unexpected" in page
    assert len(evidence.unmet) == 1
