"""The first program of a sandbox without an engine: takes limits upon itself, and becomes the next one.

Run as ``python -I confine.py '{"groups": […], "limits": {…}, "calls": "…"}' PROGRAM ARGUMENT…``: limits must
stand before the first line of what is confined, and between fork and exec of a process with threads no Python
may run. Standard library alone.
"""

import ctypes
import json
import os
import resource
import sys
from pathlib import Path

_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2  # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER
_STEP_BYTES = 8


class _Program(ctypes.Structure):
    """``struct sock_fprog`` of seccomp(2)."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def main(given: str, command: list[str]) -> None:
    """Join the control groups, lower the limits, refuse system calls, and become `command`.

    Args:
        given: JSON with `groups`, folders of control groups; `limits`, such as ``{"FSIZE": 1048576}``; and
            `calls`, a seccomp filter in hexadecimal digits, empty for none.
        command: program and arguments.
    """
    wanted = json.loads(given)
    for folder in wanted["groups"]:
        Path(folder, "cgroup.procs").write_text(str(os.getpid()))
    for name, value in wanted["limits"].items():
        # At the soft limit of CPU time comes SIGXCPU, which tells why; at the hard one SIGKILL does not.
        hard = value + 1 if name == "CPU" else value
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, hard))
    if wanted["calls"]:
        _refuse(bytes.fromhex(wanted["calls"]))
    os.execvp(command[0], command)  # noqa: S606 - that is what it is for


def _refuse(calls: bytes) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(calls) // _STEP_BYTES, calls)
    for arguments in ((_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)):
        if library.prctl(*arguments):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
