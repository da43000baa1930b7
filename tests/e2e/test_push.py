"""A push to a bare repository ends in a promotion that awaits approval."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.world import ONA, World

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]


@pytest.fixture
def server(world: World, tmp_path: Path) -> Path:
    """A bare repository with the hook in it, that the world's repository pushes to."""
    bare = tmp_path / "server.git"
    world.git("clone", "--quiet", "--bare", str(world.folder), str(bare))
    world.git("remote", "add", "origin", str(bare))
    world.ona("hook", "install", "--repository", str(bare))
    return bare


def push(world: World) -> str:
    done = subprocess.run(
        ["git", "push", "origin", "main"],
        cwd=world.folder,
        env=world.environment | {"PATH": f"{ONA.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return done.stderr


def test_a_push_releases_the_model_and_shows_the_verdicts_to_who_pushed(world: World, server: Path) -> None:
    world.write("models/digits/README.md", "A model card that has changed.\n")
    world.commit("change the model card")

    said = push(world)

    assert "verify" in said
    assert "validate" in said
    assert "awaiting approval" in said
    release = world.releases()[-1]
    waiting = world.ona("status", "--json").record["waiting"]
    assert [(p["requested"]["binding"]["release"], p["phase"]) for p in waiting] == [
        (release, "awaiting approval")
    ]
    assert waiting[0]["by"]["via"] == "hook"


def test_a_push_that_changes_no_model_releases_nothing(world: World, server: Path) -> None:
    world.write("notes.txt", "nothing of a model\n")
    world.commit("notes")

    push(world)

    assert world.releases() == []


def test_a_commit_that_allows_itself_is_refused(world: World, server: Path) -> None:
    spoil_with_a_pickle(world)
    text = (world.folder / "pyproject.toml").read_text()
    world.write("pyproject.toml", text + '\n[tool.ona.verify]\nformats = ["skops", "pickle"]\n')
    world.commit("a pickle, and the leave to use it")

    said = push(world)

    assert "format-not-allowed" in said
    assert "verify refused" in said
    assert world.serving("staging") == ""


def test_a_commit_that_edits_the_policy_it_is_judged_by_changes_nothing_for_itself(
    world: World, server: Path
) -> None:
    text = (world.folder / "pyproject.toml").read_text()
    named = 'approval = "manual"\napprovers = ["approver-a", "approver-b"]\nquorum = 2'
    world.write("pyproject.toml", text.replace('approval = "manual"', named))
    world.commit("two people decide")
    push(world)
    world.write("pyproject.toml", text.replace('approval = "manual"', 'approval = "automatic"'))
    world.write("models/digits/README.md", "A model card, and nobody to look at it.\n")
    world.commit("a model, and nobody decides")

    said = push(world)

    # the trusted ref has the commit by now, and it still does not count for itself
    assert "production  awaiting approval" in said
    refused = world.ona("approve", "--yes", "--reason", "mine", status=3)
    assert "may not approve for production" in refused.notes
    assert world.serving("production") == ""


def test_an_automatic_production_is_reached_unasked_by_a_push(world: World, server: Path) -> None:
    text = (world.folder / "pyproject.toml").read_text()
    world.write("pyproject.toml", text.replace('approval = "manual"', 'approval = "automatic"'))
    world.commit("production goes by itself")
    push(world)
    world.write("models/digits/README.md", "Another model card.\n")
    world.commit("change the model card")

    said = push(world)

    assert "production  live" in said
    assert world.serving("production") == world.releases()[-1]


def spoil_with_a_pickle(world: World) -> None:
    """Put a pickle where skops is required, and declare it in the model manifest."""
    import pickle

    from ona_pipeline.serving import manifest

    model = world.folder / "models/digits/model"
    (model / "model.skops").write_bytes(pickle.dumps({"a": "pickle"}))
    (world.folder / "models/digits/model.manifest.json").write_bytes(manifest.make(model))
