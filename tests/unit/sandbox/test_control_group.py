"""Control groups of both versions, as files: what is written, what is read, and when there is none."""

from pathlib import Path

import pytest

from ona_pipeline.sandbox.control_group import control_group
from ona_pipeline.sandbox.interface import Ending, Limits

LIMITS = Limits(memory_bytes=64, cpus=1.5, processes=7)


@pytest.fixture
def version_1(tmp_path: Path) -> Path:
    for kind in ("memory", "pids", "cpu"):
        (tmp_path / kind).mkdir()
    return tmp_path


@pytest.fixture
def version_2(tmp_path: Path) -> Path:
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids")
    return tmp_path


def test_version_1_limits_memory_processes_and_processors(version_1: Path) -> None:
    with control_group(LIMITS, mount=version_1) as group:
        assert group is not None
        memory, pids, cpu = group.folders
        assert (memory / "memory.limit_in_bytes").read_text() == "64"
        assert (pids / "pids.max").read_text() == "7"
        assert (cpu / "cpu.cfs_quota_us").read_text() == "150000"
        _empty(*group.folders)
    assert list(version_1.glob("*/*")) == []


def test_version_2_limits_the_same(version_2: Path) -> None:
    with control_group(LIMITS, mount=version_2) as group:
        assert group is not None
        (folder,) = group.folders
        assert (folder / "memory.max").read_text() == "64"
        assert (folder / "pids.max").read_text() == "7"
        assert (folder / "cpu.max").read_text() == "150000 100000"
        _empty(folder)
    assert list(version_2.glob("ona-*")) == []


@pytest.mark.parametrize(
    ("memory", "pids", "wanted"),
    [
        ("oom 1\noom_kill 2\n", "max 0\n", "out-of-memory"),
        ("oom_kill 0\n", "max 3\n", "too-many-processes"),
        ("oom_kill 0\n", "max 0\n", None),
    ],
)
def test_what_the_kernel_counted_says_which_limit_it_was(
    version_2: Path, memory: str, pids: str, wanted: Ending | None
) -> None:
    with control_group(LIMITS, mount=version_2) as group:
        assert group is not None
        (folder,) = group.folders
        (folder / "memory.events").write_text(memory)
        (folder / "pids.events").write_text(pids)
        assert group.stopped() == wanted
        _empty(folder)


def test_where_no_group_can_be_made_there_is_none(tmp_path: Path) -> None:
    with control_group(LIMITS, mount=tmp_path) as group:
        assert group is None


def test_what_a_process_left_that_is_gone_is_removed(version_2: Path) -> None:
    gone, living = version_2 / "ona-sandbox-999999999-ab", version_2 / "ona-sandbox-1-ab"
    gone.mkdir()
    living.mkdir()
    with control_group(LIMITS, mount=version_2) as group:
        assert group is not None
        _empty(*group.folders)
    assert (gone.exists(), living.exists()) == (False, True)


def _empty(*folders: Path) -> None:
    """The kernel's own files vanish with their folder; ours do not."""
    for folder in folders:
        for file in folder.iterdir():
            file.unlink()
