"""Images unpacked into folders: layer upon layer, each once, and no name leads out."""

import io
import os
import tarfile
import time
from pathlib import Path

import pytest

from ona_pipeline.errors import BackendError
from ona_pipeline.image import root_folder
from ona_pipeline.image.document import Image
from ona_pipeline.image.layer import Layer
from ona_pipeline.image.root_folder import RootFolders
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.reference import PinnedReference
from tests.fakes.registry import FakeRegistry

REPOSITORY = "registry.example/ona/runtime"


def file(name: str, content: bytes = b"", **settings) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for key, value in settings.items():
        setattr(member, key, value)
    return member, content


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    return file(name, type=kind, linkname=target)


def layer(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for member, content in members:
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def pushed(registry: FakeRegistry, *layers: bytes) -> PinnedReference:
    image = Image({"rootfs": {"diff_ids": []}, "config": {"Env": ["PATH=/bin"]}}, ())
    for content in layers:
        digest = Digest.of(content)
        registry.put_blob(REPOSITORY, digest, content)
        image = image.with_layer(Layer(digest, digest, len(content)), origin="test", settings={})
    registry.put_blob(REPOSITORY, Digest.of(image.config_bytes), image.config_bytes)
    return PinnedReference.of(REPOSITORY, registry.put_manifest(REPOSITORY, image.manifest_bytes))


@pytest.fixture(name="registry")
def _registry() -> FakeRegistry:
    return FakeRegistry()


@pytest.fixture(name="roots")
def _roots(registry: FakeRegistry, tmp_path: Path) -> RootFolders:
    return RootFolders(registry, tmp_path)


def test_layers_lie_upon_each_other(registry: FakeRegistry, roots: RootFolders) -> None:
    below = layer(file("etc/name", b"one"), file("etc/kept", b"kept"))
    root = roots.have(pushed(registry, below, layer(file("etc/name", b"two"))))
    assert (root.folder / "etc/name").read_bytes() == b"two"
    assert (root.folder / "etc/kept").read_bytes() == b"kept"
    assert root.environment == {"PATH": "/bin"}


def test_what_a_layer_changes_stays_as_it_was_in_the_image_below(
    registry: FakeRegistry, roots: RootFolders
) -> None:
    below = layer(file("etc/name", b"one"), link("etc/link", "name"))
    first = roots.have(pushed(registry, below))
    second = roots.have(pushed(registry, below, layer(file("etc/name", b"two"), file("etc/link", b"file"))))
    assert (first.folder / "etc/name").read_bytes() == b"one"
    assert (first.folder / "etc/link").is_symlink()
    assert (second.folder / "etc/link").read_bytes() == b"file"


def test_the_same_files_are_kept_once(registry: FakeRegistry, roots: RootFolders) -> None:
    below = layer(file("big", b"x" * 1000))
    first, second = (roots.have(pushed(registry, below, layer(file(name)))) for name in "ab")
    assert (first.folder / "big").stat().st_ino == (second.folder / "big").stat().st_ino


def test_an_image_that_is_there_is_not_fetched_again(registry: FakeRegistry, roots: RootFolders) -> None:
    image = pushed(registry, content := layer(file("one")))
    first = roots.have(image)
    del registry.blobs[REPOSITORY, Digest.of(content)]
    assert roots.have(image) == first


def test_whiteouts_remove_what_is_below(registry: FakeRegistry, roots: RootFolders) -> None:
    below = layer(file("a/one"), file("a/two"), file("b/one"), file("c"))
    above = layer(file("a/.wh.one"), file("b/.wh..wh..opq"), file("b/new"), file(".wh.c"))
    folder = roots.have(pushed(registry, below, above)).folder
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == ["new", "two"]


@pytest.mark.parametrize(
    "members",
    [
        [file("../escaped", b"x")],
        [file("etc/../../escaped", b"x")],
        [link("out", "/etc"), file("out/escaped", b"x")],
        [link("hard", "../../secret", tarfile.LNKTYPE)],
    ],
    ids=["name", "name in the middle", "link", "hard link"],
)
def test_no_name_leads_out_of_the_folder(
    registry: FakeRegistry, roots: RootFolders, members: list[tuple[tarfile.TarInfo, bytes]]
) -> None:
    with pytest.raises(BackendError, match="cannot be unpacked"):
        roots.have(pushed(registry, layer(*members)))
    assert not list(roots.cache.parent.rglob("escaped"))


def test_names_from_the_top_and_the_top_itself_are_below_the_folder(
    registry: FakeRegistry, roots: RootFolders
) -> None:
    top = file("./", type=tarfile.DIRTYPE, mode=0o700)
    absolute = [file("/etc/name", b"x"), link("/etc/same", "/etc/name", tarfile.LNKTYPE)]
    folder = roots.have(pushed(registry, layer(top, *absolute))).folder
    assert (folder / "etc/same").read_bytes() == b"x"
    assert folder.stat().st_mode & 0o777 == 0o755


def test_a_link_from_the_top_stays_a_link(registry: FakeRegistry, roots: RootFolders) -> None:
    folder = roots.have(pushed(registry, layer(link("etc/python", "/usr/bin/python3")))).folder
    assert (folder / "etc/python").readlink() == Path("/usr/bin/python3")


def test_whiteouts_follow_no_link_out(registry: FakeRegistry, roots: RootFolders, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    hostile = layer(link("out", str(outside)), file("out/.wh.kept"), file("out/.wh..wh..opq"))
    with pytest.raises(BackendError, match="cannot be unpacked"):
        roots.have(pushed(registry, hostile))
    assert (outside / "kept").exists()


def test_devices_and_set_user_id_bits_are_left_out(registry: FakeRegistry, roots: RootFolders) -> None:
    device = file("dev/zero", type=tarfile.CHRTYPE, devmajor=1, devminor=5)
    folder = roots.have(pushed(registry, layer(device, file("su", mode=0o4755)))).folder
    assert not (folder / "dev/zero").exists()
    assert (folder / "su").stat().st_mode & 0o7777 == 0o755


def test_a_layer_that_is_no_archive_is_an_error(registry: FakeRegistry, roots: RootFolders) -> None:
    with pytest.raises(BackendError, match="cannot be unpacked"):
        roots.have(pushed(registry, b"no archive"))
    assert [path.name for path in roots.cache.iterdir()] == ["empty"]


def test_an_image_that_is_not_there_is_an_error(roots: RootFolders) -> None:
    with pytest.raises(BackendError, match="has no image"):
        roots.have(PinnedReference.of(REPOSITORY, Digest.of(b"none")))


def test_what_was_not_used_for_long_is_removed(
    registry: FakeRegistry, roots: RootFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = roots.have(pushed(registry, layer(file("old")))).folder
    os.utime(old, (time.time() - 30 * 24 * 3600,) * 2)
    new = roots.have(pushed(registry, layer(file("new")))).folder
    assert (old.exists(), new.exists()) == (False, True)
    assert root_folder._KEPT_S < 30 * 24 * 3600
