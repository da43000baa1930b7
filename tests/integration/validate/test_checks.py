"""What can be declared without Python: each check passes a good model or data, and refuses a bad one."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from ona_pipeline.records.declaration import SliceBy
from ona_pipeline.records.evidence import Signature, TensorSpec
from ona_pipeline.records.finding import Verdict
from tests.digits import estimator_of, with_estimator
from tests.validations import between, only_suite, rows_of, suite, with_data, with_sample

REGRESSION = Signature((TensorSpec("pixels", "FP64", (-1, 64)),), (TensorSpec("output-0", "FP64", (-1,)),))

RIGHT = suite(between("accuracy", min_value=0.5))


def unseen(snapshot) -> Any:
    """Rows of the digits that are not in the evaluation data, as a table of the same columns."""
    held = rows_of(snapshot)
    pixels, labels = load_digits(return_X_y=True)
    known = {tuple(row) for row in held.drop(columns="label").to_numpy().tolist()}
    kept = [row not in known for row in map(tuple, pixels.tolist())]
    frame = held.iloc[:0].reindex(range(sum(kept)))
    frame[frame.columns] = np.column_stack([pixels[kept], labels[kept]])
    return frame


def learnt(frame) -> Any:
    """What a model is fitted on."""
    return frame.drop(columns="label").to_numpy(), frame["label"].astype(int).to_numpy()


def overconfident(snapshot) -> Any:
    model = estimator_of(snapshot)
    model[-1].coefs_[-1] *= 200
    model[-1].coefs_[0] += 0.05
    return with_estimator(snapshot, model)


@pytest.mark.parametrize(
    ("column", "good", "bad"),
    [
        ("calibration_error", {"max_value": 0.05}, {"max_value": 0.0001}),
        ("brier", {"max_value": 0.1}, {"max_value": 0.0001}),
        ("precision_8", {"min_value": 0.8}, {"min_value": 1.01}),
        ("latency_p95_s", {"max_value": 30}, {"max_value": 1e-9}),
        ("rows_per_s", {"min_value": 1}, {"min_value": 1e12}),
        ("model_bytes", {"max_value": 1_000_000}, {"max_value": 1000}),
    ],
)
def test_a_metric_or_a_cost_is_held_against_its_threshold(judge, snapshot, column, good, bad):
    assert judge(only_suite(snapshot, suite(between(column, **good)), "metrics")).findings == ()
    [finding] = judge(only_suite(snapshot, suite(between(column, **bad)), "metrics")).findings
    assert finding.code == "expectation-unmet"
    assert column in finding.sentence


def test_a_model_that_is_too_sure_of_itself_is_refused_by_calibration(judge, snapshot):
    held = suite(between("calibration_error", max_value=0.05))
    evidence = judge(only_suite(overconfident(snapshot), held, "metrics"))
    assert evidence.verdict is Verdict.REFUSED
    assert sum(each.rows for each in evidence.calibration) == 450
    assert max(each.confidence - each.accuracy for each in evidence.calibration) > 0.05


def test_a_slice_that_is_bad_is_named_by_one_expectation_for_all(judge, snapshot):
    held = suite(between("accuracy", min_value=0.9), between("rows", min_value=20))
    by_label = with_data(snapshot, rows_of(snapshot), slices=(SliceBy("label"),))
    good = judge(only_suite(by_label, held, "slices"))
    assert good.findings == ()
    assert [each.name for each in good.slices][:2] == ["label=0", "label=1"]

    model = estimator_of(snapshot)
    model[-1].intercepts_[-1][8] -= 20
    bad = judge(only_suite(with_estimator(by_label, model), held, "slices"))
    [unmet] = bad.unmet
    assert [each.row for each in unmet.examples] == ["label=8"]
    assert "label=8" in bad.findings[0].sentence


def test_an_answer_that_hangs_by_a_thread_is_refused(judge, snapshot):
    held = suite(between("noise_changed", max_value=0.02))
    assert judge(only_suite(snapshot, held, "metrics", noise=0.05)).findings == ()
    tree = DecisionTreeClassifier(random_state=0).fit(*learnt(unseen(snapshot)))
    evidence = judge(only_suite(with_estimator(snapshot, tree), held, "metrics", noise=0.5))
    assert evidence.metrics["noise_changed"] > 0.02
    assert [finding.code for finding in evidence.findings] == ["expectation-unmet"]


def test_rows_that_the_model_was_trained_on_are_refused_and_listed(judge, snapshot):
    apart = only_suite(with_sample(snapshot, unseen(snapshot)), RIGHT, "metrics")
    assert judge(apart).findings == ()
    leaked = rows_of(snapshot).iloc[[5, 7]]
    [finding] = judge(with_sample(apart, leaked.astype(float))).findings
    assert finding.code == "rows-shared"
    assert "found 2 of 450, such as rows [5, 7]" in finding.sentence
    assert judge(with_sample(apart, leaked, shared=2)).findings == ()


def test_data_that_drifted_from_the_training_sample_is_refused_by_column(judge, snapshot):
    held = suite(between("psi", max_value=0.25), between("ks", max_value=0.2))
    sample = unseen(snapshot)
    assert judge(only_suite(with_sample(snapshot, sample), held, "drift")).findings == ()
    sample["pixel_3_3"] = sample["pixel_3_3"] / 4
    evidence = judge(only_suite(with_sample(snapshot, sample), held, "drift"))
    assert {each.row for unmet in evidence.unmet for each in unmet.examples} == {"pixel_3_3"}
    assert len(evidence.drift) == 64


def test_a_sample_without_the_features_is_refused(judge, snapshot):
    [finding] = judge(with_sample(snapshot, rows_of(snapshot)[["pixel_0_0", "label"]])).findings
    assert finding.code == "data-does-not-fit"
    assert "training.csv" in finding.sentence


@pytest.mark.parametrize(("table", "key"), [("slices", "data.slices"), ("drift", "data.training")])
def test_a_suite_for_a_table_that_nothing_fills_is_refused_with_what_would(judge, snapshot, table, key):
    [finding] = judge(only_suite(snapshot, suite(between("rows", min_value=1)), table)).findings
    assert finding.code == "suite-broken"
    assert key in finding.sentence


def test_answers_unlike_the_model_signature_are_refused(judge, snapshot):
    frame = rows_of(snapshot)
    some = frame[frame["label"].isin([1, 2])]
    two = with_estimator(snapshot, LogisticRegression(max_iter=5000, tol=0.1).fit(*learnt(some)))
    [finding] = judge(only_suite(with_data(two, some), RIGHT, "metrics")).findings
    assert finding.code == "output-unlike-signature"
    assert "wanted FP64 of shape [-1, 10]" in finding.sentence
    assert f"found elements of float64 in shape ({len(some)}, 2)" in finding.sentence


def regression(snapshot, *, factor: float = 1.0) -> Any:
    """A model that tells how dark a picture is, on data that say so."""
    frame = rows_of(snapshot).drop(columns="label")
    darkness = frame.sum(axis=1)
    model = LinearRegression().fit(frame.to_numpy(), darkness)
    model.coef_ = model.coef_ * factor
    return with_data(with_estimator(snapshot, model), frame.assign(label=darkness))


def test_a_regression_is_held_against_its_metrics_and_residuals(judge, snapshot):
    held = suite(between("r2", min_value=0.9), between("mean_absolute_error", max_value=5))
    good = judge(only_suite(regression(snapshot), held, "metrics"), signature=REGRESSION)
    assert good.findings == ()
    assert good.confusion is None
    bad = judge(only_suite(regression(snapshot, factor=0.5), held, "metrics"), signature=REGRESSION)
    assert {finding.subject for finding in bad.findings} == {"one.json: r2", "one.json: mean_absolute_error"}
    held = suite(between("residual", min_value=-5, max_value=5))
    halved = only_suite(regression(snapshot, factor=0.5), held, "predictions")
    evidence = judge(halved, signature=REGRESSION)
    assert evidence.unmet[0].unexpected == 450
    assert len(evidence.unmet[0].examples) == 20


def test_which_classes_are_taken_for_which_is_kept(judge, snapshot):
    found = judge().confusion
    assert found.classes == tuple("0123456789")
    assert sum(map(sum, found.counts)) == 450
