"""The model manifest: each way in which a folder can differ has its code."""

import os
import random
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ona_pipeline.serving import manifest
from tests.digits import PROJECT


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


def _write(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")


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
    "git's own folder": (lambda model: _write(model / ".git/config"), "added", ".git/config"),
    "hard link": (lambda model: (model / "x").hardlink_to(model / "a.txt"), "added", "x"),
    "new line": (lambda model: _write(model / "a\nb"), "added", "a\nb"),
    "no text": (lambda model: _write(model / os.fsdecode(b"\xff")), "added", "\\xff"),
    "other case": (lambda model: _write(model / "A.TXT"), "added", "A.TXT"),
    "executable": (lambda model: (model / "a.txt").chmod(0o755), "executable", "a.txt"),
    "executable for one": (lambda model: (model / "a.txt").chmod(0o610), "executable", "a.txt"),
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


@pytest.mark.parametrize("name", [b"\xff", b"A.txt", b"DEEP/\xc3\x96.BIN", b"a.txt\\x00"])
def test_no_manifest_is_made_for_names_that_others_may_read_otherwise(model: Path, name: bytes) -> None:
    _write(model / os.fsdecode(name))
    with pytest.raises(ValueError, match="model manifest: "):
        manifest.make(model)


def test_no_manifest_is_read_that_has_such_names(model: Path) -> None:
    entry = f'{{"digest":"sha256:{"0" * 64}","size_bytes":1}}'
    with pytest.raises(ValueError, match=r"a\.txt and A\.txt: one file on some file systems"):
        manifest.parse(f'{{"files":{{"a.txt":{entry},"A.txt":{entry}}}}}'.encode())


def test_no_manifest_is_made_for_a_file_that_may_be_executed(model: Path) -> None:
    (model / "a.txt").chmod(0o755)
    with pytest.raises(
        ValueError, match=r"a\.txt: executable: wanted a file that is only read, found mode 755"
    ):
        manifest.make(model)


def test_a_difference_can_be_written_down_whatever_the_name_is(model: Path) -> None:
    wanted = manifest.parse(manifest.make(model))
    _write(model / os.fsdecode(b"\xff\xfe"))
    [found] = manifest.differences(model, wanted)
    assert str(found).encode()


def test_ten_thousand_tiny_files_are_compared_in_time(tmp_path: Path) -> None:
    model = tmp_path / "many"
    for number in range(10_000):
        folder = model / str(number % 100)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / str(number)).write_bytes(b"%d" % number)
    wanted = manifest.parse(manifest.make(model))
    (model / "7/4207").write_bytes(b"other")
    started = time.process_time()
    assert [one.subject for one in manifest.differences(model, wanted)] == ["7/4207"]
    assert time.process_time() - started < 10


def _noticed(model: Path, changes: int) -> int:
    """How many changes of a single byte, anywhere in the model or its manifest, are noticed."""
    chance = random.Random(7)
    declared = model.with_name("model.manifest.json")
    declared.write_bytes(manifest.make(model))
    model_digest = manifest.digest(declared.read_bytes())
    files = [path for path in [*model.rglob("*"), declared] if path.is_file() and path.stat().st_size]
    noticed = 0
    for _ in range(changes):
        path = chance.choice(files)
        before = path.read_bytes()
        at, bits = chance.randrange(len(before)), chance.randrange(1, 256)
        path.write_bytes(before[:at] + bytes([before[at] ^ bits]) + before[at + 1 :])
        content = declared.read_bytes()
        is_other = manifest.digest(content) != model_digest
        noticed += is_other or bool(manifest.differences(model, manifest.parse(content)))
        path.write_bytes(before)
    return noticed


def test_a_change_of_one_byte_is_noticed(model: Path) -> None:
    assert _noticed(model, 300) == 300


@pytest.mark.full
def test_ten_thousand_changes_of_one_byte_are_noticed(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "models/digits/model", tmp_path / "model")
    assert _noticed(tmp_path / "model", 10_000) == 10_000
