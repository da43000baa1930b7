"""The stage with the real sandbox: a container of the runtime that would serve."""

from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from ona_pipeline.image.runtime import Runtime, Runtimes, RuntimeSettings
from ona_pipeline.records.evidence import ValidationEvidence
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.sandbox.container import ContainerSandbox
from ona_pipeline.validate.validate import ValidateInput, validate
from tests.backends import base_image, docker_engine, image_registry, lab
from tests.digits import MODEL, Clock, with_estimator
from tests.digits_prepared import prepared

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
