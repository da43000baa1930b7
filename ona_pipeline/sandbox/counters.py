"""What the kernel counted in a control group: whether it ended a process for want of memory, or refused one.

Standard library alone: it runs inside a pod's sandbox too.

Source:
    Linux kernel: "Control Group v2", "Memory Resource Controller", "Process Number Controller".
"""

from contextlib import suppress
from pathlib import Path
from typing import Literal

MOUNT = Path("/sys/fs/cgroup")


def stopped(memory: Path, pids: Path) -> Literal["out-of-memory", "too-many-processes"] | None:
    """The limit that the kernel ended or refused a process at; None where it had no cause to.

    Args:
        memory: the group's ``memory.events``, or ``memory.oom_control`` of version 1.
        pids: the group's ``pids.events``.
    """
    if _count(memory, "oom_kill"):
        return "out-of-memory"
    return "too-many-processes" if _count(pids, "max") else None


def stopped_here(mount: Path = MOUNT) -> Literal["out-of-memory", "too-many-processes"] | None:
    """The same of the group that a container sees as its own, of either version."""
    if (mount / "cgroup.controllers").exists():
        return stopped(mount / "memory.events", mount / "pids.events")
    return stopped(mount / "memory" / "memory.oom_control", mount / "pids" / "pids.events")


def _count(path: Path, name: str) -> int:
    with suppress(OSError):
        return sum(int(line.split()[1]) for line in path.read_text().splitlines() if line.split()[0] == name)
    return 0
