"""Retraining with nobody at the keyboard: trained, registered, released over the same road, waiting."""

import pytest

from tests.e2e.world import World

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes, pytest.mark.mlflow]


def test_retraining_ends_in_a_request_for_approval(world: World) -> None:
    said = world.ona("retrain", "digits", "--json")

    assert said.phase("staging") == "live"
    assert said.phase("production") == "awaiting approval"
    origins = said.record["release"]["requested"]["origins"]
    assert origins["origin"] == "mlflow"
    assert origins["revision"].startswith("models:/digits/")
    assert said.record["release"]["by"]["via"] == "job"


def test_a_training_that_fails_is_refused_and_releases_nothing(world: World) -> None:
    world.write("models/digits/train.py", "raise SystemExit('no data today')\n")
    world.commit("a training that fails")

    said = world.ona("retrain", "digits", status=3)

    assert "no data today" in said.notes
    assert world.releases() == []
