"""A newcomer's machine: bare Debian with git, make and Python, and nothing that an earlier run has built."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.backends import missing

SCRIPT = Path(__file__).with_name("fresh_machine.sh")
# Most of it is Kubernetes being compiled, which takes three times as long where the cores do other work too.
TIMEOUT_S = 45 * 60
ANSWERED = re.compile(r"^  release +digits-\d{8}-\w{6}$", re.MULTILINE)


@pytest.mark.full
def test_the_demo_runs_where_nothing_is_installed_and_runs_again(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    if os.geteuid() != 0:
        missing("namespaces of one's own need root")

    done = subprocess.run(
        ["bash", str(SCRIPT), str(tmp_path), "bash", "-c", "time make demo && time make demo"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )

    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    assert len(ANSWERED.findall(done.stdout)) == 2, said[-6000:]
    first, again = re.findall(r"^real\s+(\S+)$", done.stderr, re.MULTILINE)
    record_property(
        "measured", f"the demo on bare Debian, everything installed and compiled: {first}; again: {again}"
    )
