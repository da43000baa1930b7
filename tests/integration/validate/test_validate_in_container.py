"""The stage with the real sandbox: a container of the runtime that would serve."""

from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from ona_pipeline.image.runtime import Runtime, Runtimes, RuntimeSettings
from ona_pipeline.records.declaration import SliceBy
from ona_pipeline.records.evidence import ValidationEvidence
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.sandbox.container import ContainerSandbox
from ona_pipeline.validate.validate import ValidateInput, validate
from tests.backends import base_image, docker_engine, image_registry, lab
from tests.digits import MODEL, Clock, estimator_of, with_estimator
from tests.digits_prepared import prepared
from tests.validations import between, only_suite, rows_of, suite, with_data

pytestmark = [pytest.mark.docker, pytest.mark.registry]


@pytest.fixture(scope="module", name="runtime")
def _runtime() -> Runtime:
    host = lab("registry")
    settings = RuntimeSettings(base_image(), f"{host}/ona/tests/runtime")
    made = Runtimes(image_registry(host), settings).have((MODEL / "requirements.lock").read_bytes())
    assert isinstance(made, Runtime), made
    return made


def judged(snapshot: Snapshot, runtime: Runtime, **changes: Any) -> ValidationEvidence:
    request = ValidateInput(snapshot, prepared(snapshot, runtime=runtime.image, **changes))
    return validate(request, sandbox=ContainerSandbox(docker_engine()), clock=Clock())


def test_the_committed_digits_model_passes_in_its_runtime(snapshot: Snapshot, runtime: Runtime) -> None:
    evidence = judged(snapshot, runtime)
    assert evidence.findings == ()
    assert evidence.verdict is Verdict.PASSED
    assert evidence.metrics["accuracy"] == pytest.approx(0.98, abs=0.001)


def test_a_model_for_other_inputs_is_refused_in_its_runtime(snapshot: Snapshot, runtime: Runtime) -> None:
    model = LogisticRegression().fit([[0.0, 1.0], [1.0, 0.0]], [0, 1])
    [finding] = judged(with_estimator(snapshot, model), runtime).findings
    assert finding.code == "does-not-answer"
    assert "features" in finding.sentence


def test_a_type_that_verify_did_not_allow_is_not_made_in_the_runtime_either(
    snapshot: Snapshot, runtime: Runtime
) -> None:
    with_estimator(snapshot, FunctionTransformer(Path))
    [finding] = judged(snapshot, runtime, trusted_types=()).findings
    assert finding.code == "does-not-answer"
    assert "pathlib.Path" in finding.sentence


def too_sure(model: Any) -> None:
    """As many answers right as before, and every one of them certain."""
    model[-1].coefs_[-1] *= 200
    model[-1].coefs_[0] += 0.05


def without_eights(model: Any) -> None:
    """Never an eight."""
    model[-1].intercepts_[-1][8] -= 20


@pytest.mark.parametrize(
    ("spoil", "table", "held", "named"),
    [
        (too_sure, "metrics", between("calibration_error", max_value=0.05), "calibration_error"),
        (without_eights, "slices", between("accuracy", min_value=0.8), "label=8"),
    ],
)
def test_what_is_declared_refuses_a_bad_model_in_its_runtime(
    snapshot: Snapshot, runtime: Runtime, spoil: Any, table: str, held: Any, named: str
) -> None:
    model = estimator_of(snapshot)
    spoil(model)
    sliced = with_data(with_estimator(snapshot, model), rows_of(snapshot), slices=(SliceBy("label"),))
    evidence = judged(only_suite(sliced, suite(held), table), runtime)
    assert evidence.verdict is Verdict.REFUSED
    [finding] = evidence.findings
    assert named in finding.sentence
