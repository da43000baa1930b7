"""`ona retrain`: what is trained, what is gone on with, and what is only said."""

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from ona_pipeline.cli import app, retrain
from ona_pipeline.journey import Outcome
from ona_pipeline.pipeline import ReleaseRequest
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.release import Release
from ona_pipeline.records.snapshot import Origins
from ona_pipeline.retraining.train import TrainedModel
from tests.fakes.releases import published

Run = Callable[..., tuple[int, str]]


class FakeTrainings:
    """Knows of one version that was trained before, or of none."""

    def __init__(self) -> None:
        self.known = ""
        self.asked: list[tuple[str, str]] = []

    def already(self, model: str, revision: str) -> str:
        return self.known

    def train(self, model: str, revision: str) -> TrainedModel:
        self.asked.append((model, revision))
        return TrainedModel(model, "5", "run", "c0ffee", Digest.of(b"model"), 1.0)


class FakeJourney:
    """Notes what is begun and what is gone on with."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger
        self.begun: list[ReleaseRequest] = []
        self.resumed: list[str] = []

    def begin(self, request: ReleaseRequest) -> Outcome:
        self.begun.append(request)
        return Outcome(published(self._ledger, "digits-9"))

    def resume(self, release: Release) -> Outcome:
        self.resumed.append(release.id)
        return Outcome(release)


@pytest.fixture(name="trainings")
def _trainings() -> FakeTrainings:
    return FakeTrainings()


@pytest.fixture(name="journey")
def _journey(ledger: Any) -> FakeJourney:
    return FakeJourney(ledger)


@pytest.fixture(autouse=True)
def _opened(
    ledger: Any, trainings: FakeTrainings, journey: FakeJourney, monkeypatch: pytest.MonkeyPatch
) -> None:
    ona = SimpleNamespace(
        ledger=ledger,
        journey=journey,
        parts=SimpleNamespace(trainings=trainings),
        last_environment=lambda: "production",
    )
    monkeypatch.setattr(retrain, "start", lambda *, via: ona)


@pytest.fixture(name="run")
def _run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def called(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["ona", "retrain", "digits", *arguments])
        with pytest.raises(SystemExit) as end:
            app.main()
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out + captured.err

    return called


def test_what_has_changed_is_trained_and_its_version_released(
    trainings: FakeTrainings,
    journey: FakeJourney,
    run: Run,
) -> None:
    status, said = run("--rev", "main", "--to", "staging")
    assert status == 0
    assert "registered models:/digits/5" in said
    assert trainings.asked == [("digits", "main")]
    (begun,) = journey.begun
    assert (begun.model, begun.revision, begun.upto) == ("digits", "models:/digits/5", "staging")


def test_what_has_not_is_not_trained_and_its_release_goes_on(
    ledger: Any,
    trainings: FakeTrainings,
    journey: FakeJourney,
    run: Run,
) -> None:
    trainings.known = "models:/digits/4"
    for name in ("digits-1", "digits-2"):
        published(ledger, name, origins=Origins("mlflow", trainings.known, "c0ffee", "4"))
    published(ledger, "digits-3", origins=Origins("mlflow", "models:/digits/3", "c0ffee", "3"))
    status, said = run()
    assert status == 0
    assert "nothing of digits has changed since models:/digits/4 was trained" in said
    assert (trainings.asked, journey.begun, journey.resumed) == ([], [], ["digits-2"])


def test_a_version_that_was_registered_and_not_released_is_released_without_another_training(
    trainings: FakeTrainings,
    journey: FakeJourney,
    run: Run,
) -> None:
    trainings.known = "models:/digits/4"
    status, _ = run()
    assert status == 0
    assert trainings.asked == []
    assert [request.revision for request in journey.begun] == ["models:/digits/4"]


def test_anew_trains_all_the_same(
    trainings: FakeTrainings,
    journey: FakeJourney,
    run: Run,
) -> None:
    trainings.known = "models:/digits/4"
    status, _ = run("--anew")
    assert status == 0
    assert trainings.asked == [("digits", "")]
    assert [request.revision for request in journey.begun] == ["models:/digits/5"]
