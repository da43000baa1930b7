"""The stage as a whole: a good model passes, and each kind of bad one is refused."""

from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from ona_pipeline.records.canonical import decode, encode
from ona_pipeline.records.evidence import ValidationEvidence
from ona_pipeline.records.finding import Verdict
from tests.digits import estimator_of, with_estimator
from tests.digits_prepared import SIGNATURE


def rows_of(snapshot, count=300) -> Any:
    table = np.loadtxt(snapshot.root / "evaluation.csv", delimiter=",", skiprows=1)[:count]
    return table[:, :64], table[:, 64].astype(int)


def test_the_committed_digits_model_passes(judge, snapshot):
    evidence = judge()
    assert evidence.findings == ()
    assert evidence.verdict is Verdict.PASSED
    assert evidence.subject == snapshot.model_digest
    assert evidence.rows == 450
    assert evidence.metrics["accuracy"] == pytest.approx(0.98, abs=0.01)
    assert {"f1_macro", "log_loss", "recall_0", "recall_9"} <= evidence.metrics.keys()
    assert [(suite.table, suite.unmet) for suite in evidence.suites] == [
        ("data", 0),
        ("predictions", 0),
        ("metrics", 0),
    ]
    assert evidence.comparison is None
    assert decode(encode(evidence), ValidationEvidence) == evidence


def test_the_model_is_asked_by_the_prepared_runtime(judge, sandbox, snapshot):
    judge()
    [job] = sandbox.jobs
    assert job.environment == {}
    assert job.inputs["/opt/ona/model"] == snapshot.model


def test_a_model_that_learnt_shuffled_labels_is_refused(judge, snapshot):
    pixels, labels = rows_of(snapshot)
    shuffled = np.random.default_rng(1).permutation(labels)
    model = LogisticRegression(max_iter=5000, tol=0.1).fit(pixels, shuffled)
    evidence = judge(with_estimator(snapshot, model))
    assert evidence.verdict is Verdict.REFUSED
    unmet = {finding.subject: finding.sentence for finding in evidence.findings}
    assert "wanted" in unmet["metrics.json: accuracy"]
    assert "min_value 0.95" in unmet["metrics.json: accuracy"]
    assert evidence.metrics["accuracy"] < 0.5


def test_a_constant_model_is_refused(judge, snapshot):
    pixels, labels = rows_of(snapshot)
    evidence = judge(with_estimator(snapshot, DummyClassifier(strategy="prior").fit(pixels, labels)))
    subjects = {finding.subject for finding in evidence.findings if finding.code == "expectation-unmet"}
    assert {"metrics.json: accuracy", "predictions.json: label"} <= subjects


def test_a_model_with_nan_in_its_coefficients_is_refused(codes, snapshot):
    model = estimator_of(snapshot)
    model[-1].coefs_[0][:] = np.nan
    found = codes(with_estimator(snapshot, model))
    assert found <= {"not-finite", "does-not-answer"}
    assert found


def test_a_model_for_other_inputs_is_refused(judge, snapshot):
    model = LogisticRegression().fit([[0.0, 1.0], [1.0, 0.0]], [0, 1])
    [finding] = judge(with_estimator(snapshot, model)).findings
    assert finding.code == "does-not-answer"
    assert "features" in finding.sentence


def test_labels_of_another_kind_are_refused(codes, snapshot):
    pixels, labels = rows_of(snapshot)
    model = DummyClassifier().fit(pixels, labels.astype(str))
    assert codes(with_estimator(snapshot, model)) == {"data-does-not-fit", "output-unlike-signature"}


def test_a_model_that_was_not_prepared_is_a_mistake_of_the_caller(judge):
    with pytest.raises(ValueError, match="prepared"):
        judge(runtime=None)
    with pytest.raises(ValueError, match="prepared"):
        judge(runtime=None, signature=SIGNATURE)
