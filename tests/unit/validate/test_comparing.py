"""Paired differences with intervals: clear, clearly worse, or undecided, on the whole and in each slice."""

from typing import Any

import numpy as np
import pytest

from ona_pipeline.records.comparison import MOST_CHANGED, Comparison, Standing
from ona_pipeline.records.declaration import ChampionRule
from ona_pipeline.validate import champion as champions
from ona_pipeline.validate import intervals
from ona_pipeline.validate.answers import Answers
from ona_pipeline.validate.comparing import Contest, compare

TRUTH = np.arange(500) % 2


def labels(*wrong: int, truth: Any = TRUTH) -> Answers:
    """Right answers, but for some rows."""
    found = truth.copy()
    found[list(wrong)] = 1 - found[list(wrong)]
    sure = np.where(found[:, None] == np.array([0, 1]), 0.9, 0.1)
    return Answers({"label": found, "probabilities": sure}, (0, 1), 0, 0, 0.1, np.array([0.1]))


def values(truth: Any, noise: float) -> Answers:
    return Answers(
        {"value": truth + noise * np.random.default_rng(3).normal(size=len(truth))},
        (),
        0,
        0,
        0.1,
        np.array([0.1]),
    )


def compared(candidate: Answers, champion: Answers, *, truth: Any = TRUTH, slices: Any = None, **rule):
    contest = Contest(ChampionRule(**rule), candidate, champion, truth, slices or {})
    return compare(contest, "digits-1")


def codes(comparison: Comparison) -> set[tuple[str, str]]:
    return {(finding.code, finding.severity.value) for finding in champions.judge(comparison)}


def test_equal_answers_differ_by_exactly_nothing_and_pass_without_any_margin() -> None:
    found = compared(labels(3), labels(3))
    assert found.gain is not None
    assert (found.gain.value, found.gain.low, found.gain.high) == (0, 0, 0)
    assert found.standing is Standing.NOT_WORSE
    assert codes(found) == set()
    assert found.changed == ()


def test_an_interval_across_the_margin_is_a_doubt_and_never_a_pass() -> None:
    found = compared(labels(1, 2, 3, 4, 5, 6), labels(), margin=0.01)
    assert found.gain is not None
    assert found.gain.low < -0.01 < found.gain.high
    assert codes(found) == {("champion-undecided", "doubt")}


def test_clearly_worse_is_refused_with_the_interval_in_the_sentence() -> None:
    found = compared(labels(*range(60)), labels(), margin=0.01)
    [finding] = champions.judge(found)
    assert finding.code == "worse-than-champion"
    assert "-0.1200" in finding.sentence
    assert "95% confidence" in finding.sentence


def test_clearly_better_passes() -> None:
    assert codes(compared(labels(), labels(*range(60)))) == set()


def test_one_answer_lost_within_a_margin_that_covers_the_interval_passes() -> None:
    assert codes(compared(labels(7), labels(), margin=0.02)) == set()


def test_too_few_rows_are_a_doubt_even_where_both_answer_alike() -> None:
    truth = TRUTH[:40]
    found = compared(labels(truth=truth), labels(truth=truth), truth=truth)
    assert codes(found) == {("few-rows", "doubt")}
    assert codes(compared(labels(truth=truth), labels(truth=truth), truth=truth, min_rows=40)) == set()


def test_a_slice_that_is_clearly_worse_is_refused_though_the_whole_is_not() -> None:
    first = np.arange(500) < 120
    halves = {"half=1": first, "half=2": ~first}
    found = compared(labels(*range(60)), labels(*range(120, 240)), slices=halves)
    assert found.standing is Standing.NOT_WORSE
    assert [part.standing for part in found.slices] == [Standing.WORSE, Standing.NOT_WORSE]
    [finding] = champions.judge(found)
    assert finding.subject == "accuracy where half=1"


def test_a_small_slice_raises_a_doubt_only_where_something_changed_in_it() -> None:
    small = np.arange(500) < 10
    still = compared(labels(400), labels(401), margin=0.05, slices={"rare": small})
    moved = compared(labels(4), labels(401), margin=0.05, slices={"rare": small})
    assert codes(still) == set()
    assert codes(moved) == {("few-rows", "doubt")}


def test_what_changed_is_listed_with_its_slices_worse_rows_first() -> None:
    first = np.arange(500) < 250
    found = compared(labels(9), labels(3), margin=0.1, slices={"half=1": first})
    assert [(c.row, c.truth, c.champion, c.candidate, c.effect) for c in found.changed] == [
        (9, "1", "1", "0", "worse"),
        (3, "1", "0", "1", "better"),
    ]
    assert found.changed[0].slices == ("half=1",)


def test_the_list_of_changes_is_bounded_and_the_count_is_not() -> None:
    found = compared(labels(*range(300)), labels())
    assert (found.changed_answers, len(found.changed)) == (300, MOST_CHANGED)


@pytest.mark.parametrize("metric", ["accuracy", "recall_1", "f1_macro", "log_loss"])
def test_every_metric_of_a_classifier_can_be_compared_and_more_gain_is_better(metric: str) -> None:
    found = compared(labels(), labels(*range(1, 200)), metric=metric)
    assert found.gain is not None
    assert 0 < found.gain.low <= found.gain.value <= found.gain.high
    assert found.standing is Standing.NOT_WORSE
    assert codes(compared(labels(*range(1, 200)), labels(), metric=metric)) == {
        ("worse-than-champion", "refusal")
    }


@pytest.mark.parametrize("metric", ["r2", "mean_absolute_error", "root_mean_squared_error"])
def test_every_metric_of_a_regression_can_be_compared_and_more_gain_is_better(metric: str) -> None:
    truth = np.random.default_rng(1).normal(size=300)
    good, bad = values(truth, 0.1), values(truth, 0.5)
    assert codes(compared(good, bad, truth=truth, metric=metric)) == set()
    assert codes(compared(bad, good, truth=truth, metric=metric)) == {("worse-than-champion", "refusal")}


def test_a_slice_in_which_the_metric_looks_at_no_row_is_left_out() -> None:
    assert compared(labels(), labels(), metric="recall_1", slices={"zeros": TRUTH == 0}).slices == ()


def test_the_interval_is_the_same_each_time_and_says_how_many_rows_it_was_drawn_from() -> None:
    truth = np.arange(intervals.MOST_ROWS + 1) % 2
    once, again = (compared(labels(5, truth=truth), labels(truth=truth), truth=truth) for _ in range(2))
    assert once == again
    assert (once.rows, once.interval_rows) == (intervals.MOST_ROWS + 1, intervals.MOST_ROWS)


@pytest.mark.parametrize(
    "rule", [{"margin": -0.1}, {"margin": float("inf")}, {"margin": float("nan")}, {"confidence": 1.0}]
)
def test_a_rule_that_could_not_refuse_is_not_a_rule(rule: Any) -> None:
    with pytest.raises(ValueError, match="margin"):
        ChampionRule(**rule)
