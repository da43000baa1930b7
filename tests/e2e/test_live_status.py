"""`ona status --live` on real parts: each drift named, with the command that settles it, and settled."""

from pathlib import Path

import pytest

from tests.e2e.conftest import kubectl
from tests.e2e.test_binding import Image
from tests.e2e.world import World

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]


@pytest.fixture(scope="module")
def world(production_alone: World) -> World:
    return production_alone


@pytest.fixture(scope="module")
def release(world: World) -> str:
    released = world.ona("release", "digits", "--json").release
    world.ona("approve", released, "--yes", "--reason", "fine")
    return str(released)


def drifts(world: World) -> list[tuple[str, str]]:
    found = world.ona("status", "--live", "--json", status=3).record["drifts"]
    return [(one["code"], one["settle"]) for one in found]


def test_each_drift_is_named_and_its_command_settles_it(world: World, release: str, tmp_path: Path) -> None:
    assert "as the ledger has them" in world.ona("status", "--live").notes

    # somebody sets another image
    kubectl("-n", world.namespace, "set", "image", "deployment/digits", "model=digits:latest")
    said = world.ona("status", "--live", status=3).answer
    assert "other-image: digits in production" in said
    assert "found digits:latest" in said
    assert drifts(world) == [("other-image", f"ona promote {release} --to production")]
    world.ona("promote", release, "--to", "production")
    world.ona("approve", release, "--yes", "--reason", "back to what was approved")
    world.ona("status", "--live")

    # somebody scales it to zero
    kubectl("-n", world.namespace, "scale", "deployment", "digits", "--replicas", "0")
    ((code, settle),) = drifts(world)
    assert code == "scaled-to-zero"
    kubectl(*settle.split()[1:])
    world.ona("status", "--live")

    # somebody moves the tag
    image = Image(world.ona("show", release, "--json").record["evidence"])
    image.point_tag_to(image.other)
    assert drifts(world) == [("tag-moved", f"crane tag {image.reference} {image.tag}")]
    image.point_tag_to(image.manifest)
    world.ona("status", "--live")

    # the cluster cannot be asked, which is no drift
    nowhere = tmp_path / "kubeconfig"
    nowhere.write_text("apiVersion: v1\nkind: Config\n")
    said = world.ona("status", "--live", status=4, environment={"KUBECONFIG": str(nowhere)}).answer
    assert "unknown: target of digits in production" in said

    # somebody deletes the Deployment
    kubectl("-n", world.namespace, "delete", "deployment", "digits")
    ((code, settle),) = drifts(world)
    assert (code, settle) == ("nothing-served", f"ona promote {release} --to production")
    world.ona(*settle.split()[1:])
    world.ona("approve", release, "--yes", "--reason", "it was deleted")
    world.ona("status", "--live")
