"""Limits on a whole tree of processes by the kernel's control groups, version 1 or 2, where we may make one.

Source:
    Linux kernel: "Control Group v2"; "Memory Resource Controller"; "Process Number Controller"; "CFS
    Bandwidth Control".
"""

import os
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from ona_pipeline.sandbox.counters import MOUNT, stopped
from ona_pipeline.sandbox.interface import Ending, Limits

_PREFIX = "ona-sandbox-"
_PERIOD_US = 100_000
_GONE_S = 5.0


class Group(Protocol):
    """The group of one sandbox."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """One in each hierarchy; a process joins by writing itself into their ``cgroup.procs``."""
        ...

    def stopped(self) -> Ending | None:
        """The limit that the kernel ended or refused a process at; None where it had no cause to."""
        ...


class GroupV1:
    """A group in the separate hierarchies of version 1."""

    def __init__(self, mount: Path, name: str, limits: Limits) -> None:
        self._memory, self._pids, self._cpu = (mount / kind / name for kind in ("memory", "pids", "cpu"))
        for folder in self.folders:
            folder.mkdir()
        _write(self._memory / "memory.limit_in_bytes", limits.memory_bytes)
        if (self._memory / "memory.memsw.limit_in_bytes").exists():
            _write(self._memory / "memory.memsw.limit_in_bytes", limits.memory_bytes)
        _write(self._pids / "pids.max", limits.processes)
        _write(self._cpu / "cpu.cfs_period_us", _PERIOD_US)
        _write(self._cpu / "cpu.cfs_quota_us", int(limits.cpus * _PERIOD_US))

    @property
    def folders(self) -> tuple[Path, ...]:
        """See `Group`."""
        return (self._memory, self._pids, self._cpu)

    def stopped(self) -> Ending | None:
        """See `Group`."""
        return stopped(self._memory / "memory.oom_control", self._pids / "pids.events")


class GroupV2:
    """A group in the one hierarchy of version 2."""

    def __init__(self, mount: Path, name: str, limits: Limits) -> None:
        self._folder = mount / name
        self._folder.mkdir()
        _write(self._folder / "memory.max", limits.memory_bytes)
        if (self._folder / "memory.swap.max").exists():
            _write(self._folder / "memory.swap.max", 0)
        _write(self._folder / "pids.max", limits.processes)
        _write(self._folder / "cpu.max", f"{int(limits.cpus * _PERIOD_US)} {_PERIOD_US}")

    @property
    def folders(self) -> tuple[Path, ...]:
        """See `Group`."""
        return (self._folder,)

    def stopped(self) -> Ending | None:
        """See `Group`."""
        return stopped(self._folder / "memory.events", self._folder / "pids.events")


@contextmanager
def control_group(limits: Limits, *, mount: Path = MOUNT) -> Iterator[Group | None]:
    """A new group; None where this user may make none. Nothing lives in it afterwards, and it is removed.

    Args:
        limits: for all of its processes together.
        mount: where the control groups are.
    """
    kind: type[GroupV1 | GroupV2] = GroupV2 if (mount / "cgroup.controllers").exists() else GroupV1
    _remove_orphans(mount)
    name = f"{_PREFIX}{os.getpid()}-{uuid.uuid4().hex[:8]}"
    try:
        yield _made(kind, mount, name, limits)
    finally:
        for folder in _named(mount, name):
            _end(folder)


def _made(kind: type[GroupV1 | GroupV2], mount: Path, name: str, limits: Limits) -> Group | None:
    try:
        return kind(mount, name, limits)
    except OSError:
        return None


def threads_of(user: int) -> int:
    """How many processes and threads a user has, for a limit where there is no group."""
    count = 0
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdigit() and process.stat().st_uid == user:
                count += len(list((process / "task").iterdir()))
    return count


def _write(path: Path, value: int | str) -> None:
    path.write_text(str(value))


def _named(mount: Path, name: str) -> list[Path]:
    return [*mount.glob(name), *mount.glob(f"*/{name}")]


def _remove_orphans(mount: Path) -> None:
    """What a killed process left; the kernel lets nobody remove a group in which something lives."""
    for folder in _named(mount, f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path("/proc", owner).exists():
            with suppress(OSError):
                folder.rmdir()


def _end(folder: Path) -> None:
    deadline = time.monotonic() + _GONE_S
    while time.monotonic() < deadline:
        with suppress(OSError):
            for process in (folder / "cgroup.procs").read_text().split():
                os.kill(int(process), signal.SIGKILL)
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.01)
        else:
            return
