"""Which process has a lease, so that another on the same machine can ask the kernel whether it has ended."""

import os
from pathlib import Path


def this_process() -> str:
    """Boot, namespace, id and start time: no other process is ever called so; empty where Linux is not."""
    found = _running(os.getpid())
    return f"{_machine()} {os.getpid()} {found[1]}" if found else ""


def is_gone(process: str) -> bool:
    """Whether a process of this machine has ended; False, too, where that cannot be known.

    Args:
        process: as it called itself; empty where it did not.
    """
    machine, _, rest = process.rpartition(" ")[0].rpartition(" ")
    if not rest.isdigit() or machine != _machine():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    found = _running(int(rest))
    return found is not None and (found[0] == "Z" or found[1] != process.rpartition(" ")[2])


def _machine() -> str:
    """Ids of processes mean something within one boot and one namespace of ids: not in another container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _running(process: int) -> tuple[str, str] | None:
    """State and start time; None where /proc does not show the process.

    Source:
        proc(5), /proc/pid/stat: fields 3 and 22; the second, in brackets, may hold anything.
    """
    try:
        fields = Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], fields[19]
