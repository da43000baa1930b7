"""The gates alone, by the installed `ona`: four verdicts, and nothing released."""

import json

import pytest

from tests.e2e.world import World

pytestmark = [pytest.mark.docker, pytest.mark.registry]


def test_a_good_model_passes_and_nothing_is_released(world: World) -> None:
    record = world.ona("release", "digits", "--dry-run", "--json").record
    assert record["verdict"] == "passed"
    assert [suite["unmet"] for suite in record["evidence"]["validate"]["suites"]] == [0, 0, 0]
    assert world.releases() == []


def test_a_suite_that_is_not_met_is_refused_with_what_to_look_at_first(world: World) -> None:
    path = world.folder / "validation/digits/metrics.json"
    path.write_text(
        path.read_text().replace('"accuracy", "min_value": 0.95', '"accuracy", "min_value": 0.999')
    )
    world.commit("wanted too much")
    said = world.ona("validate", "digits", "--files", "found", "--data-docs", "docs", status=3)
    assert {path.name for path in (world.folder / "found").iterdir()} == {
        "validation.json",
        "confusion.svg",
        "calibration.svg",
    }
    assert "accuracy" in (world.folder / "docs/metrics-metrics.html").read_text()
    first, second, *_ = said.answer.splitlines()
    assert first.startswith("digits  refused")
    assert second == "look first   expectation-unmet: metrics.json: accuracy"
    assert world.releases() == []


def test_a_registry_that_is_gone_is_errored_and_no_refusal(world: World) -> None:
    gone = {"ONA_IMAGE_REGISTRY": "127.0.0.1:9/ona"}
    said = world.ona("validate", "digits", status=4, environment=gone)
    assert "errored: " in said.notes
    record = json.loads(world.ona("validate", "digits", "--json", status=4, environment=gone).answer)
    assert record["verdict"] == "errored"


def test_suites_through_which_a_bad_candidate_would_get_are_not_proven(world: World) -> None:
    path = world.folder / "models/digits/release.toml"
    path.write_text(path.read_text().replace('metrics = ["metrics.json"]', "metrics = []"))
    world.commit("no thresholds")
    record = world.ona("validate", "digits", "--prove", "--json", status=3).record
    assert "swapped classes" in record["through"]
