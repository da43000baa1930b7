"""What the kernel counted, in the files of either version of control groups."""

from pathlib import Path

import pytest

from ona_pipeline.sandbox.counters import stopped_here


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"}, "out-of-memory"),
        ({"memory/memory.oom_control": "oom_kill 0\n", "pids/pids.events": "max 3\n"}, "too-many-processes"),
        ({"cgroup.controllers": "", "memory.events": "low 0\noom_kill 2\n"}, "out-of-memory"),
        ({"cgroup.controllers": "", "memory.events": "oom_kill 0\n", "pids.events": "max 0\n"}, None),
        ({}, None),
    ],
)
def test_a_container_sees_why_its_processes_were_ended(
    tmp_path: Path, files: dict[str, str], wanted: str | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert stopped_here(tmp_path) == wanted
