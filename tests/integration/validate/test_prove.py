"""Suites proven able to fail: every bad candidate is refused, and one that would get through is named."""

from typing import Any

import numpy as np
import pytest

from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.quality import Proof
from ona_pipeline.validate import bad
from ona_pipeline.validate.answers import Answers
from ona_pipeline.validate.prove import ITSELF, prove
from ona_pipeline.validate.validate import ValidateInput
from tests.digits_prepared import prepared
from tests.integration.validate.test_checks import REGRESSION, regression
from tests.validations import between, only_suite, suite

EVERY = {"shuffled labels", "constant answer", "swapped classes", "noise", "truncated training"}


@pytest.fixture(name="proofs")
def _proofs(snapshot, sandbox):
    def run(other=None, **changes) -> tuple[Proof, ...]:
        return prove(ValidateInput(other or snapshot, prepared(snapshot, **changes)), sandbox=sandbox)

    return run


def through(proofs: tuple[Proof, ...]) -> set[str]:
    return {proof.candidate for proof in proofs[1:] if proof.verdict is not Verdict.REFUSED}


def test_the_suites_of_digits_pass_digits_and_refuse_every_bad_candidate(proofs):
    itself, *others = proofs()
    assert (itself.candidate, itself.verdict) == (ITSELF, Verdict.PASSED)
    assert {proof.candidate for proof in others} == EVERY
    assert through((itself, *others)) == set()


@pytest.mark.parametrize(
    ("held", "table", "gets_through"),
    [
        (between("accuracy", min_value=0), "metrics", EVERY),
        (between("accuracy", min_value=0.5), "metrics", {"swapped classes", "truncated training"}),
        (between("recall_2", min_value=0.9), "metrics", {"swapped classes", "truncated training"}),
        (between("calibration_error", max_value=0.15), "metrics", {"constant answer"}),
        (between("label", min_value=0, max_value=9), "predictions", EVERY),
    ],
)
def test_a_suite_that_could_not_fail_is_found_out(proofs, snapshot, held, table, gets_through):
    assert through(proofs(only_suite(snapshot, suite(held), table))) == gets_through


def test_a_release_without_suites_proves_nothing(proofs, snapshot):
    assert len(through(proofs(only_suite(snapshot, suite(between("label", max_value=9)), "data")))) == 5


def test_the_suites_of_a_regression_refuse_every_bad_candidate(proofs, snapshot):
    held = suite(between("r2", min_value=0.9))
    found = proofs(only_suite(regression(snapshot), held, "metrics"), signature=REGRESSION)
    assert found[0].verdict is Verdict.PASSED
    assert [proof.candidate for proof in found[1:]] == [
        "mean answer",
        "permuted answers",
        "scaled answers",
        "noise",
        "truncated training",
    ]
    assert through(found) == set()


def test_a_bad_candidate_is_as_noise_free_as_can_be_and_still_refused(proofs, snapshot):
    held = suite(between("noise_changed", max_value=0.5), between("accuracy", min_value=0.9))
    found = proofs(only_suite(snapshot, held, "metrics", noise=0.1))
    assert all(proof.findings[0].subject.endswith("accuracy") for proof in found[1:])


def binary(labels: Any, truth: Any) -> dict[str, Answers]:
    sure = np.where(np.array([["no", "yes"]]) == labels[:, None], 0.8, 0.2)
    answers = Answers({"label": labels, "probabilities": sure}, ("no", "yes"), 0, 0, 0.1, np.array([0.1]))
    return dict(bad.candidates(answers, truth))


def test_bad_candidates_are_whole_answers_whose_label_is_the_likeliest():
    truth = np.array(["yes", "no", "no", "yes", "no"])
    made = binary(truth, truth)
    assert made["swapped classes"].main.tolist() == ["no", "yes", "yes", "no", "yes"]
    assert set(made["constant answer"].main.tolist()) == {"no"}
    assert set(made["truncated training"].main.tolist()) == {"no"}
    for answers in made.values():
        likeliest = np.array(answers.classes)[answers.outputs["probabilities"].argmax(axis=1)]
        assert likeliest.tolist() == answers.main.tolist()
        assert np.allclose(answers.outputs["probabilities"].sum(axis=1), 1)


def test_bad_candidates_are_the_same_each_time():
    truth = np.array(["yes", "no"] * 20)
    once, again = binary(truth, truth), binary(truth, truth)
    assert all((once[name].main == again[name].main).all() for name in once)


def test_a_truncated_training_never_answers_what_it_never_saw():
    truth = np.arange(9) % 3
    sure = np.where(np.arange(3)[None, :] == truth[:, None], 1.0, 0.0)
    answers = Answers({"label": truth, "probabilities": sure}, (0, 1, 2), 0, 0, 0.1, np.array([0.1]))
    truncated = dict(bad.candidates(answers, truth))["truncated training"]
    assert truncated.main.tolist() == [0, 1, 0] * 3
    assert truncated.outputs["probabilities"][2].tolist() == [0.5, 0.5, 0.0]


def test_a_truncated_training_without_probabilities_takes_the_first_class_for_the_rest():
    answers = Answers({"label": np.array(["a", "b", "c", "d"])}, (), 0, 0, 0.1, np.array([0.1]))
    made = dict(bad.candidates(answers, np.array(["a", "b", "c", "d"], dtype=object)))
    assert made["truncated training"].main.tolist() == ["a", "b", "a", "a"]


def test_a_truncated_training_of_values_ends_at_the_median():
    answers = Answers({"value": np.array([1.0, 2.0, 9.0])}, (), 0, 0, 0.1, np.array([0.1]))
    made = dict(bad.candidates(answers, np.array([1.0, 2.0, 9.0])))
    assert made["truncated training"].main.tolist() == [1.0, 2.0, 2.0]


def test_a_model_that_knows_one_class_has_bad_candidates_too():
    assert len(binary(np.array(["no"] * 3), np.array(["no"] * 3))) == 5
