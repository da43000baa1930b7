"""The whole road without a Docker engine: the same verdicts on the same evidence, and the same image."""

import gzip
import io
import json
import shutil
import tarfile
from typing import Any

import pytest

from ona_pipeline.image.document import read_manifest
from ona_pipeline.records.reference import PinnedReference
from tests.backends import bubblewrap_program, image_registry, lab
from tests.cluster import cluster, install_sandbox
from tests.e2e.world import World, ask

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]
NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
GATES = ("verify", "prepare", "validate")
TIMES = {"started_at", "finished_at", "latency_p50_s", "latency_p95_s", "rows_per_s"}
OF_THE_RUN = {*TIMES, "runtime_made", "comparison"}  # the first release has no champion to be compared with
CLUSTER_ALONE = """\
[tool.ona.environments.production]
approval = "automatic"
deadline = "2m"

[tool.ona.targets.production]
kind = "kubernetes"
namespace = "{namespace}"
service = "NodePort"
"""


@pytest.fixture(name="sandboxes", scope="module")
def _sandboxes(namespace: str) -> dict[str, str]:
    """The settings of a host without an engine: sandboxes and trials are in the target's cluster."""
    bubblewrap_program()
    install_sandbox(cluster(), namespace)
    return {**NO_ENGINE, "ONA_SANDBOX_NAMESPACE": namespace}


def test_the_whole_road_gives_the_same_image_by_bubblewrap_by_jobs_and_with_an_engine(
    world: World, sandboxes: dict[str, str]
) -> None:
    world.write("pyproject.toml", CLUSTER_ALONE.format(namespace=world.namespace))
    world.commit("production alone, automatic")
    ways: tuple[dict[str, str], ...] = (
        {},
        {**sandboxes, "ONA_SANDBOX": "bubblewrap"},
        {**sandboxes, "ONA_SANDBOX": "kubernetes"},
    )
    for way in ways:
        said = world.ona("release", "digits", "--json", environment=way)
        assert said.phase("production") == "live", said
    with_engine, *without = [
        world.ona("show", release, "--json").record["evidence"] for release in world.releases()
    ]
    for evidence in without:
        for gate in GATES:
            assert timeless(evidence[gate]) == timeless(with_engine[gate]), gate
        assert contents(evidence["build"]) == contents(with_engine["build"])
        assert evidence["publish"]["answer"] == with_engine["publish"]["answer"]
    pixels = [float(n) for n in range(64)]
    _, headers = ask(world.address(world.releases()[-1], "production"), pixels)
    assert headers["ona-release"] == world.releases()[-1]


def test_a_dry_run_passes_every_gate_without_an_engine(world: World) -> None:
    bubblewrap_program()
    said = world.ona("release", "digits", "--dry-run", environment=NO_ENGINE)
    assert "digits  passed" in said.answer
    assert "nothing was released" in said.answer


def test_without_an_engine_and_without_bubblewrap_the_remedy_is_named(world: World) -> None:
    programs = world.folder.parent / "programs"
    programs.mkdir()
    (programs / "git").symlink_to(shutil.which("git") or "")
    path = {"PATH": str(programs)}
    said = world.ona("release", "digits", "--dry-run", status=4, environment={**NO_ENGINE, **path})
    assert "bubblewrap" in said.notes


def test_without_an_engine_and_without_a_cluster_nobody_can_start_what_was_built(world: World) -> None:
    bubblewrap_program()
    nowhere = {**NO_ENGINE, "KUBECONFIG": "/nowhere/kubeconfig"}
    said = world.ona("release", "digits", "--to", "staging", status=4, environment=nowhere)
    assert "nothing here can start an image: the Docker engine is not there" in said.notes
    assert "there is no kubeconfig at /nowhere/kubeconfig" in said.notes


def test_a_sandbox_that_was_set_is_not_exchanged_for_another(world: World) -> None:
    set_to_docker = {**NO_ENGINE, "ONA_SANDBOX": "docker"}
    said = world.ona("release", "digits", "--dry-run", status=4, environment=set_to_docker)
    assert "the Docker engine is not there" in said.notes


def timeless(evidence: Any) -> Any:
    """Without what is of the run and not of the model."""
    if isinstance(evidence, dict):
        return {key: timeless(value) for key, value in evidence.items() if key not in OF_THE_RUN}
    return [timeless(one) for one in evidence] if isinstance(evidence, list) else evidence


def contents(built: dict[str, Any]) -> Any:
    """An image by digests; of the one layer that holds the release's own id, what else is in it."""
    image = PinnedReference(f"{built['repository']}@{built['image']}")
    registry = image_registry(lab("registry"))
    _, layers = read_manifest(built["image_manifest"].encode())
    packed = gzip.decompress(registry.get_blob(image.repository, layers[-1].digest))
    files: dict[str, Any] = {}
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        for member in tar:
            source = tar.extractfile(member)
            files[member.name] = source.read() if source else None
    release = json.loads(files.pop("opt/ona/release.json"))
    assert release.pop("release").startswith("digits-")
    return [layer.digest for layer in layers[:-1]], files, release
