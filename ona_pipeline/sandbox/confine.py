"""The first program of a sandbox without an engine: takes limits upon itself, and becomes the next one.

Run as ``python -I confine.py '{"groups": […], "limits": {…}}' PROGRAM ARGUMENT…``: limits must stand before
the first line of what is confined, and between fork and exec of a process with threads no Python may run.
"""

import json
import os
import resource
import sys
from pathlib import Path


def main(given: str, command: list[str]) -> None:
    """Join the control groups, lower the limits, and become `command`.

    Args:
        given: JSON with `groups`, folders of control groups, and `limits`, such as ``{"FSIZE": 1048576}``.
        command: program and arguments.
    """
    wanted = json.loads(given)
    for folder in wanted["groups"]:
        Path(folder, "cgroup.procs").write_text(str(os.getpid()))
    for name, value in wanted["limits"].items():
        # At the soft limit of CPU time comes SIGXCPU, which tells why; at the hard one SIGKILL does not.
        hard = value + 1 if name == "CPU" else value
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, hard))
    os.execv(command[0], command)  # noqa: S606 - that is what it is for


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
