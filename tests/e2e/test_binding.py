"""What a decision is bound to, part by part: changed on the real thing, and noticed."""

import json
import shutil
import sqlite3
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ona_pipeline.clients.oci import ImageRegistry
from ona_pipeline.image.document import read_manifest
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.reference import PinnedReference
from tests.e2e.conftest import kubectl
from tests.e2e.test_killed import killed_when
from tests.e2e.world import ROOT, World

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]


@pytest.fixture(scope="module")
def world(production_alone: World) -> World:
    return production_alone


@pytest.fixture(scope="module")
def release(world: World) -> str:
    return world.ona("release", "digits", "--json").release


@pytest.fixture(scope="module")
def published(world: World, release: str) -> dict[str, Any]:
    found: dict[str, Any] = world.ona("show", release, "--json").record["evidence"]
    return found


def asked(world: World, release: str) -> Promotion:
    """The open request for production."""
    world.ona("promote", release, "--to", "production")
    (waits,) = waiting(world)
    return waits


def waiting(world: World) -> list[Promotion]:
    return [promotion for promotion in world.promotions() if promotion.phase is PromotionPhase.AWAITING]


def ended(world: World, before: Promotion) -> PromotionPhase:
    return next(promotion.phase for promotion in world.promotions() if promotion.id == before.id)


def work_done(world: World) -> int:
    """How many stages of the road were ever begun."""
    return world.facts().count("stage-started")


@contextmanager
def noticed(world: World, release: str, part: str, **environment: str) -> Iterator[None]:
    """What changes in the block voids the request, by name, and another one is open without a rebuild."""
    before, done = asked(world, release), work_done(world)
    yield
    said = world.ona("approve", release, "--yes", "--reason", "yes", status=3, environment=environment)
    assert f"{part}: wanted " in said.notes
    assert ", found " in said.notes
    assert f"ona approve {release} --to production" in said.notes
    (newer,) = waiting(world)
    assert newer.id != before.id
    assert newer.binding.image == before.binding.image
    assert ended(world, before) is PromotionPhase.VOID
    assert work_done(world) == done


@contextmanager
def gone(world: World, release: str, part: str, put_back: Callable[[], object]) -> Iterator[None]:
    """What goes in the block voids the request, and nothing can be asked until it is put back."""
    before, done = asked(world, release), work_done(world)
    yield
    said = world.ona("approve", release, "--yes", "--reason", "yes", status=3)
    assert part in said.notes
    assert "without a rebuild" in said.notes
    assert ended(world, before) is PromotionPhase.VOID
    assert waiting(world) == []
    world.ona("promote", release, "--to", "production", status=3)
    put_back()
    assert asked(world, release).binding.image == before.binding.image
    assert work_done(world) == done


class Image:
    """A published image, to be spoilt in the image registry."""

    def __init__(self, published: dict[str, Any]) -> None:
        self.reference = PinnedReference(published["publish"]["image"])
        self.tag = published["publish"]["tag"]
        self.manifest = published["build"]["image_manifest"].encode()
        self.registry = ImageRegistry()

    @property
    def other(self) -> bytes:
        """Another image manifest, of the same blobs."""
        return json.dumps(json.loads(self.manifest) | {"annotations": {"pushed": "again"}}).encode()

    @property
    def model_layer(self) -> Digest:
        return read_manifest(self.manifest)[1][-1].digest

    def point_tag_to(self, manifest: bytes) -> None:
        self.registry.put_manifest(self.reference.repository, manifest, tag=self.tag)

    def delete(self, path: str) -> None:
        host, _, name = self.reference.repository.partition("/")
        request = urllib.request.Request(f"http://{host}/v2/{name}/{path}", method="DELETE")
        with urllib.request.urlopen(request, timeout=10):
            pass


def test_a_tag_that_was_pushed_over(world: World, release: str, published: dict[str, Any]) -> None:
    image = Image(published)
    with noticed(world, release, "tag"):
        image.point_tag_to(image.other)
    with noticed(world, release, "tag"):
        image.point_tag_to(image.manifest)


def test_an_image_manifest_that_was_deleted(world: World, release: str, published: dict[str, Any]) -> None:
    image = Image(published)
    back = lambda: image.point_tag_to(image.manifest)  # noqa: E731 -- it reads in its place
    with gone(world, release, f"image: wanted {image.reference}, found nothing", back):
        image.delete(f"manifests/{image.reference.digest}")


@pytest.mark.full
def test_a_layer_that_was_deleted(world: World, release: str, published: dict[str, Any]) -> None:
    image = Image(published)
    repository, layer = image.reference.repository, image.model_layer
    content = image.registry.get_blob(repository, layer)
    back = lambda: image.registry.put_blob(repository, layer, content)  # noqa: E731
    with gone(world, release, f"image: wanted blob {layer}, found nothing", back):
        image.delete(f"blobs/{layer}")


@pytest.mark.parametrize("stage", ["validate", pytest.param("publish", marks=pytest.mark.full)])
def test_evidence_that_was_edited_past_ona(world: World, release: str, stage: str) -> None:
    digest = asked(world, release).binding.evidence[stage]
    content = evidence(world, digest)
    edited = content.replace(b"digits", b"DIGITS") + b" "
    back = lambda: evidence(world, digest, content)  # noqa: E731
    part = f"evidence of {stage}: wanted {digest}, found {Digest.of(edited)}"
    with gone(world, release, part, back):
        evidence(world, digest, edited)


@pytest.mark.full
def test_evidence_that_was_deleted_past_ona(world: World, release: str) -> None:
    digest = asked(world, release).binding.evidence["verify"]
    content = evidence(world, digest)
    back = lambda: evidence(world, digest, content)  # noqa: E731
    part = f"evidence of verify: wanted {digest}, found nothing"
    with gone(world, release, part, back), table(world) as database:
        database.execute("DELETE FROM ona_evidence WHERE digest = ?", (digest,))


@contextmanager
def table(world: World) -> Iterator[sqlite3.Connection]:
    """The ledger's database, as somebody with a database client has it."""
    path = world.environment["ONA_LEDGER"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as database, database:
        yield database


def evidence(world: World, digest: str, edited: bytes | None = None) -> bytes:
    """What the ledger holds, and perhaps is made to hold."""
    with table(world) as database:
        if edited is not None:
            database.execute("INSERT OR REPLACE INTO ona_evidence VALUES (?, ?)", (digest, edited))
        (content,) = database.execute(
            "SELECT content FROM ona_evidence WHERE digest = ?", (digest,)
        ).fetchone()
        return bytes(content)


def test_objects_that_were_edited(world: World, release: str, tmp_path: Path) -> None:
    for name in ("ona_pipeline", "k8s/base"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    deployment = tmp_path / "k8s" / "base" / "deployment.yaml"
    text = deployment.read_text()
    assert "revisionHistoryLimit: 5" in text
    with noticed(world, release, "objects", PYTHONPATH=str(tmp_path)):
        deployment.write_text(text.replace("revisionHistoryLimit: 5", "revisionHistoryLimit: 3"))


def test_another_target(world: World, release: str) -> None:
    with noticed(world, release, "target", ONA_TARGETS_PRODUCTION_NAMESPACE=f"{world.namespace}-b"):
        pass


def test_a_policy_that_was_edited(world: World, release: str) -> None:
    with noticed(world, release, "policy"):
        world.set_production_alone(expires_after="8d")


def test_a_policy_of_models_that_was_edited(world: World, release: str) -> None:
    policy = (world.folder / "pyproject.toml").read_text()
    with noticed(world, release, "verify policy"):
        world.write("pyproject.toml", f'{policy}\n[tool.ona.verify]\nformats = ["skops"]\n')
        world.commit("skops alone")
    assert f"verify for {waiting(world)[0].id}" in world.ona("show", release, "--json").record["evidence"]

    world.write("pyproject.toml", f'{policy}\n[tool.ona.verify]\nformats = ["onnx"]\n')
    world.commit("ONNX alone")
    said = world.ona("approve", release, "--yes", "--reason", "yes", status=3)
    assert "verify policy: wanted " in said.notes
    assert "no new request is open" in said.notes
    assert "verify: format-not-allowed: " in said.notes
    assert waiting(world) == []

    world.write("pyproject.toml", policy)
    world.commit("as it was")
    assert asked(world, release).binding.evidence["verify"]
    assert world.ona("ledger", "verify").status == 0


@pytest.mark.full
def test_an_approval_that_was_not_acted_on(world: World, release: str, published: dict[str, Any]) -> None:
    image, before = Image(published), asked(world, release)
    world.ona("hold", "digits", "--env", "production", "--reason", "audit")
    assert "on hold" in world.ona("approve", release, "--yes", "--reason", "yes", status=3).notes
    image.point_tag_to(image.other)
    world.ona("unhold", "digits", "--env", "production", "--reason", "over")

    said = world.ona("resume", release, status=3)

    assert f"{before.id} is void" in said.notes
    assert "tag: wanted" in said.notes
    image.point_tag_to(image.manifest)
    assert [promotion.release for promotion in waiting(world)] == [release]
    assert world.serving("production") == ""


@pytest.mark.full
def test_another_champion_and_another_hand_on_the_deployment(world: World, release: str) -> None:
    # given a rollout that was killed, and a newer request, bound to nothing serving yet
    older = asked(world, release)
    killed_when(world, "rollout-started", "approve", release, "--yes", "--reason", "yes")
    world.commit("newer")
    newer = world.ona("release", "digits", "--json").release
    world.ona("resume", release)
    assert world.serving("production") == release

    # then the newer one is void, for it would replace something else now
    said = world.ona("approve", newer, "--yes", "--reason", "yes", status=3)
    assert f"champion: wanted nothing, found {older.id}" in said.notes

    # when somebody sets an image past ona, then that voids the next one
    served = kubectl("get", *IMAGE, "-n", world.namespace)
    kubectl("set", "image", "deployment/digits", f"model={served}-by-hand", "-n", world.namespace)
    said = world.ona("approve", newer, "--yes", "--reason", "yes", status=3)
    assert f"serving: wanted the image of {older.id}, found {served}-by-hand" in said.notes

    # and a person who sees it may let it be replaced
    live = world.ona("approve", newer, "--yes", "--reason", "take it back", "--json")
    assert live.phase("production") == "live"
    assert kubectl("get", *IMAGE, "-n", world.namespace) != f"{served}-by-hand"


IMAGE = ("deployment", "digits", "-o", "jsonpath={.spec.template.spec.containers[0].image}")
