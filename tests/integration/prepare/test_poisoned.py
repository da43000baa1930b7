"""Poisoned models in their real runtime, in the real sandboxes: refused, and the gate lives on."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ona_pipeline.image.root_folder import RootFolders
from ona_pipeline.image.runtime import Runtimes, RuntimeSettings
from ona_pipeline.policy import VerifyPolicy
from ona_pipeline.prepare import trial
from ona_pipeline.prepare.prepare import PrepareInput, prepare
from ona_pipeline.records.evidence import PreparedModel
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.sandbox.bubblewrap import BubblewrapSandbox
from ona_pipeline.sandbox.container import ContainerSandbox
from ona_pipeline.sandbox.interface import Limits, Sandbox
from ona_pipeline.verify.contents import look
from tests import poison
from tests.backends import base_image, bubblewrap_program, docker_engine, image_registry, lab
from tests.digits import Clock, lay_out, with_estimator
from tests.fakes.stages import integrity
from tests.poison import POISONS

pytestmark = [pytest.mark.docker, pytest.mark.registry]
SAMPLE = (
    "a tree that leads back, deep inside",
    "a boosted tree whose child is past the end",
    "more support vectors than there are",
)


@pytest.fixture(name="runtimes", scope="module")
def _runtimes() -> Runtimes:
    host = lab("registry")
    return Runtimes(image_registry(host), RuntimeSettings(base_image(), f"{host}/ona-tests/runtime"))


@pytest.fixture(name="sandbox", scope="module", params=["container", "bubblewrap"])
def _sandbox(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    if request.param == "container":
        return ContainerSandbox(docker_engine())
    bubblewrap_program()
    registry = image_registry(lab("registry"))
    return BubblewrapSandbox(RootFolders(registry, tmp_path_factory.mktemp("roots")))


@pytest.fixture(name="snapshot")
def _snapshot(tmp_path: Path) -> Snapshot:
    return lay_out(tmp_path)


def prepared(snapshot: Snapshot, estimator: Any, sandbox: Sandbox, runtimes: Runtimes) -> PreparedModel:
    """What `prepare` says of an estimator that `verify` let through, with all the types that it holds."""
    with_estimator(snapshot, estimator)
    types = look(snapshot.model / "model.skops", "model.skops", VerifyPolicy()).content.names
    passed = msgspec.structs.replace(integrity(snapshot), types=tuple(sorted(types)))
    return prepare(PrepareInput(snapshot, passed), runtimes=runtimes, sandbox=sandbox, clock=Clock())


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in SAMPLE else pytest.mark.full) for name in POISONS],
)
def test_a_poisoned_model_is_refused_before_it_is_asked(
    name: str, snapshot: Snapshot, sandbox: Sandbox, runtimes: Runtimes
) -> None:
    build, code = POISONS[name]
    evidence = prepared(snapshot, build(), sandbox, runtimes)
    assert evidence.verdict is Verdict.REFUSED
    assert code in {finding.code for finding in evidence.findings}


def test_an_honest_model_of_the_same_kind_is_prepared(
    snapshot: Snapshot, sandbox: Sandbox, runtimes: Runtimes
) -> None:
    from sklearn.pipeline import make_pipeline

    evidence = prepared(snapshot, make_pipeline(poison.forest()), sandbox, runtimes)
    assert {finding.code for finding in evidence.findings} <= {"wrong-answer"}
    assert evidence.estimator in {"", "sklearn.pipeline.Pipeline"}


def test_a_model_that_hangs_while_it_answers_times_out(
    snapshot: Snapshot, sandbox: Sandbox, runtimes: Runtimes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "_LIMITS", Limits(timeout_s=6))
    [finding] = prepared(snapshot, poison.endless(), sandbox, runtimes).findings
    assert finding.code == "timed-out"


def test_a_model_that_wants_all_memory_is_out_of_memory(
    snapshot: Snapshot, sandbox: Sandbox, runtimes: Runtimes
) -> None:
    [finding] = prepared(snapshot, poison.boundless(), sandbox, runtimes).findings
    assert finding.code == "out-of-memory"


def test_a_model_that_another_scikit_learn_saved_is_refused(
    snapshot: Snapshot, sandbox: Sandbox, runtimes: Runtimes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sklearn.base.__version__", "1.3.2")
    [finding] = prepared(snapshot, poison.logistic(), sandbox, runtimes).findings
    assert finding.code == "version-mismatch"
    assert "1.3.2" in finding.sentence
