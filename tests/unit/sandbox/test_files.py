import os
import subprocess
from pathlib import Path

import pytest

from ona_pipeline.sandbox.files import owner, readable, writable

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


def test_folders_deeper_than_pythons_stack_are_taken_back_too(tmp_path: Path):
    folder = tmp_path / "out"
    folder.mkdir()
    with writable(folder):
        deep = folder
        for _ in range(1200):
            deep = deep / "d"
            deep.mkdir()
    assert (folder / "d").stat().st_uid == os.geteuid()
    # pytest's own clean-up is recursive, and would stumble over it days later.
    subprocess.run(["rm", "-r", str(folder)], check=True)
