import os
import sys
import tempfile
from pathlib import Path

import pytest

from ona_pipeline.sandbox.files import owner, readable, writable
from ona_pipeline.sandbox.written import written_bytes
from tests.folders import dig

as_root = os.geteuid() == 0


def test_a_sandbox_never_runs_as_root():
    assert not owner().startswith("0:")


def test_inputs_that_everyone_can_read_are_given_as_they_are(tmp_path: Path):
    tmp_path.chmod(0o755)
    (tmp_path / "f").write_text("1")
    (tmp_path / "f").chmod(0o644)
    with readable(tmp_path) as given:
        assert given == tmp_path


@pytest.mark.parametrize("name", ["f", "."])
def test_closed_inputs_are_given_as_an_open_copy_and_left_closed(tmp_path: Path, name: str):
    (tmp_path / "f").write_text("1")
    (tmp_path / "f").chmod(0o600)
    with readable(tmp_path / name) as given:
        content = given if name == "f" else given / "f"
        assert content.read_text() == "1"
        if as_root:
            assert content.stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600
    assert given.exists() is not as_root


def test_links_in_outputs_are_removed_and_what_they_point_to_is_not(tmp_path: Path):
    (tmp_path / "theirs").write_text("1")
    folder = tmp_path / "out"
    folder.mkdir()
    with writable(folder):
        (folder / "file").write_text("2")
        (folder / "link").symlink_to(tmp_path / "theirs")
        (folder / "folder").symlink_to(tmp_path)
    assert [path.name for path in folder.iterdir()] == ["file"]
    assert (tmp_path / "theirs").read_text() == "1"


@pytest.mark.parametrize(("depth", "name"), [(60, "d"), (1200, "d"), (3000, "d"), (40, "d" * 255)])
def test_folders_deeper_than_pythons_stack_are_removed_and_others_are_not(
    depth: int, name: str, tmp_path: Path
):
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder, writable(Path(folder)):
        dig(Path(folder), depth, name)
        dig(Path(folder), 10, "e")
    # Python's own clean-up would have stumbled over them.
    assert not list(tmp_path.iterdir())


def test_what_is_not_deep_stays(tmp_path: Path):
    with writable(tmp_path):
        dig(tmp_path, 63)
        dig(tmp_path, 100, "e")
    found = [path for path in tmp_path.rglob("*") if path.name != "e"]
    assert (len(found), found[-1].name) == (64, "file")


def test_nobody_can_look_into_folders_that_are_too_deep_so_they_count_as_too_large(tmp_path: Path):
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder, writable(Path(folder)):
        dig(Path(folder), 1000)
        assert written_bytes([Path(folder)]) < 5_000_000
        dig(Path(folder), 3000, "e")
        assert written_bytes([Path(folder)]) == sys.maxsize
