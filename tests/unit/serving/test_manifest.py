"""The model manifest: each way in which a folder can differ has its code."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from ona_pipeline.serving import manifest


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"a")
    (folder / "deep/ö.bin").write_bytes(b"\x00" * 5)
    (folder / ".hidden").write_bytes(b"")
    return folder


def test_a_manifest_is_canonical_json_of_every_file(model: Path) -> None:
    content = manifest.make(model)
    assert content.endswith(b"}}}\n")
    assert list(manifest.parse(content)) == [".hidden", "a.txt", "deep/ö.bin"]
    assert content == manifest.make(model)
    assert b'"a.txt":{"digest":"sha256:ca978112' in content


def test_a_folder_as_its_manifest_says_has_no_differences(model: Path, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_bytes(manifest.make(model))
    assert manifest.differences(model, manifest.read(tmp_path / "m.json")) == []


DAMAGE: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "missing": (lambda model: (model / "a.txt").unlink(), "missing", "a.txt"),
    "one byte": (lambda model: (model / "a.txt").write_bytes(b"b"), "changed", "a.txt"),
    "longer": (lambda model: (model / "a.txt").write_bytes(b"aa"), "changed", "a.txt"),
    "added": (lambda model: (model / "deep/x").write_bytes(b""), "added", "deep/x"),
    "added git file": (lambda model: (model / ".gitignore").write_bytes(b""), "added", ".gitignore"),
    "empty folder": (lambda model: (model / "deep/x").mkdir(), "added", "deep/x"),
    "link": (lambda model: (model / "x").symlink_to("a.txt"), "symlink", "x"),
    "link to folder": (lambda model: (model / "x").symlink_to("deep"), "symlink", "x"),
    "dangling link": (lambda model: (model / "x").symlink_to("none"), "symlink", "x"),
    "link out": (lambda model: (model / "x").symlink_to("/etc/passwd"), "outside", "x"),
    "pipe": (lambda model: os.mkfifo(model / "x"), "not-a-file", "x"),
}


@pytest.mark.parametrize(("damage", "code", "subject"), DAMAGE.values(), ids=DAMAGE.keys())
def test_every_damage_is_found(
    model: Path, damage: Callable[[Path], object], code: str, subject: str
) -> None:
    wanted = manifest.parse(manifest.make(model))
    damage(model)
    found = manifest.differences(model, wanted)
    assert [(one.code, one.subject) for one in found] == [(code, subject)]
    assert f"{subject}: {code}: wanted " in str(found[0])


@pytest.mark.enable_socket
def test_a_socket_is_not_a_file(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = manifest.parse(manifest.make(model))
    monkeypatch.chdir(model)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        found = manifest.differences(model, wanted)
    assert [(one.code, one.found) for one in found] == [("not-a-file", "a socket")]


def test_a_file_exchanged_for_a_link_to_the_same_content_is_found(model: Path, tmp_path: Path) -> None:
    wanted = manifest.parse(manifest.make(model))
    (model / "a.txt").rename(tmp_path / "a.txt")
    (model / "a.txt").symlink_to(tmp_path / "a.txt")
    assert [one.code for one in manifest.differences(model, wanted)] == ["outside"]


def test_a_folder_that_is_a_link_counts_as_empty(model: Path, tmp_path: Path) -> None:
    wanted = manifest.parse(manifest.make(model))
    (tmp_path / "link").symlink_to(model)
    assert {one.code for one in manifest.differences(tmp_path / "link", wanted)} == {"missing"}


@pytest.mark.parametrize("name", ["../a.txt", "/etc/passwd", "deep/../a.txt", "./a.txt", "a//b", ".", ""])
def test_a_name_that_leaves_the_folder_is_outside(model: Path, name: str) -> None:
    wanted = {**manifest.parse(manifest.make(model)), name: manifest.Entry("sha256:" + "0" * 64, 1)}
    assert [(one.code, one.subject) for one in manifest.differences(model, wanted)] == [("outside", name)]


def test_no_manifest_is_made_of_what_it_could_not_name(model: Path) -> None:
    (model / "x").symlink_to("a.txt")
    (model / "y").mkdir()
    with pytest.raises(ValueError, match=r"x: symlink: .*; y: added: wanted nothing, found an empty folder"):
        manifest.make(model)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"files":{},"more":1}',
        b'{"files":{"a":{"digest":"sha256:0","size_bytes":1}}}',
        b'{"files":{"a":{"digest":"sha256:' + b"0" * 64 + b'","size_bytes":-1}}}',
        b'{"files":{"a":{"digest":"sha256:' + b"0" * 64 + b'","size_bytes":true}}}',
        b'{"files":{"a":{"digest":"sha256:' + b"0" * 64 + b'\\n","size_bytes":1}}}',
        b'{"files":{"a":{"size_bytes":1}}}',
        b'{"files":{},"files":{}}',
    ],
)
def test_what_is_not_a_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"manifest|Expecting"):
        manifest.parse(content)
