"""Every gate without a Docker engine: the same verdicts, on the same evidence."""

import shutil
from typing import Any

import pytest

from tests.backends import bubblewrap_program
from tests.e2e.world import World

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]
NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
GATES = ("verify", "prepare", "validate")
TIMES = {"started_at", "finished_at", "latency_p50_s", "latency_p95_s", "rows_per_s"}
OF_THE_RUN = {*TIMES, "runtime_made"}


def test_a_dry_run_passes_every_gate_without_an_engine(world: World) -> None:
    bubblewrap_program()
    said = world.ona("release", "digits", "--dry-run", environment=NO_ENGINE)
    assert "digits  passed" in said.answer
    assert "nothing was released" in said.answer


def test_the_evidence_is_the_same_as_with_an_engine_apart_from_times(world: World) -> None:
    # Without an engine nobody can be asked to start what was built: the gates are passed by then.
    world.ona("release", "digits", "--to", "staging", status=4, environment=NO_ENGINE)
    world.ona("release", "digits", "--to", "staging")
    without, with_engine = (
        world.ona("show", release, "--json").record["evidence"] for release in world.releases()
    )
    for gate in GATES:
        assert timeless(without[gate]) == timeless(with_engine[gate]), gate


def test_without_an_engine_and_without_bubblewrap_the_remedy_is_named(world: World) -> None:
    programs = world.folder.parent / "programs"
    programs.mkdir()
    (programs / "git").symlink_to(shutil.which("git") or "")
    path = {"PATH": str(programs)}
    said = world.ona("release", "digits", "--dry-run", status=4, environment={**NO_ENGINE, **path})
    assert "bubblewrap" in said.notes


def test_a_sandbox_that_was_set_is_not_exchanged_for_another(world: World) -> None:
    set_to_docker = {**NO_ENGINE, "ONA_SANDBOX": "docker"}
    said = world.ona("release", "digits", "--dry-run", status=4, environment=set_to_docker)
    assert "the Docker engine is not there" in said.notes


def timeless(evidence: Any) -> Any:
    """Without what is of the run and not of the model."""
    if isinstance(evidence, dict):
        return {key: timeless(value) for key, value in evidence.items() if key not in OF_THE_RUN}
    return [timeless(one) for one in evidence] if isinstance(evidence, list) else evidence
