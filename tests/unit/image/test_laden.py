"""An image with inputs on top: the same for the same files, and nothing of ours that was not meant."""

from pathlib import Path

import pytest

from ona_pipeline.errors import BackendError
from ona_pipeline.image.laden import LadenImages
from ona_pipeline.image.root_folder import RootFolders
from ona_pipeline.records.reference import PinnedReference
from tests.fakes.images import put_image
from tests.fakes.registry import FakeRegistry

RUNTIME = "registry.example/ona/runtime"


@pytest.fixture(name="registry")
def _registry() -> FakeRegistry:
    return FakeRegistry()


@pytest.fixture(name="runtime")
def _runtime(registry: FakeRegistry) -> PinnedReference:
    return put_image(registry, RUNTIME, {"opt/ona/model/old": b"old", "bin/python3": b"python"})


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "new").write_bytes(b"new")
    return folder


def laden(registry: FakeRegistry, **settings) -> LadenImages:
    return LadenImages(registry, "registry.example/ona/sandbox", always={"/.first": b"first"}, **settings)


def seen(registry: FakeRegistry, image: PinnedReference, cache: Path) -> dict[str, bytes]:
    """The files of an image as a container sees them."""
    cache.mkdir()
    root = RootFolders(registry, cache).have(image).folder
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_inputs_lie_at_their_paths_and_a_folder_hides_what_was_there(registry, runtime, folder, tmp_path):
    inputs = {"/opt/ona/model": folder, "/in/question": folder / "new"}
    image = laden(registry).have(runtime, inputs)
    assert seen(registry, image, tmp_path / "cache") == {
        ".first": b"first",
        "bin/python3": b"python",
        "in/question": b"new",
        "opt/ona/model/new": b"new",
    }


def test_the_same_files_are_the_same_image_and_sent_once(registry, runtime, folder):
    first = laden(registry).have(runtime, {"/in": folder})
    sent = len(registry.sent)
    assert laden(registry).have(runtime, {"/in": folder}) == first
    assert len(registry.sent) == sent


def test_a_link_that_leads_out_of_its_folder_leads_nowhere(registry, runtime, folder, tmp_path):
    (tmp_path / "secret").write_bytes(b"sesame")
    (folder / "out").symlink_to(tmp_path / "secret")
    (folder / "within").symlink_to("new")
    image = laden(registry).have(runtime, {"/in": folder})
    found = seen(registry, image, tmp_path / "cache")
    assert "in/out" not in found
    assert found["in/within"] == b"new"


def test_inputs_that_are_too_large_to_travel_are_an_error(registry, runtime, folder):
    with pytest.raises(BackendError, match="wanted at most 2 bytes, found 3"):
        laden(registry, most_bytes=2).have(runtime, {"/in": folder})
    assert not any(repository.endswith("sandbox") for repository, _ in registry.blobs)


def test_a_runtime_that_is_not_there_is_an_error(registry, folder):
    missing = PinnedReference(f"{RUNTIME}@sha256:{'0' * 64}")
    with pytest.raises(BackendError, match="has no image"):
        laden(registry).have(missing, {"/in": folder})
