"""What tests measured: told at the end of a run, and kept in a dated file where one was named."""

import os
import platform
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

SWEEPS, ROLLOUTS = "measured", "rollout"
"""The properties under which tests say what they measured; each has a file of its own."""
HEADS = {
    SWEEPS: """\
# What the sweeps saw

Written by `make test-full`: a line for each test that measures, with the day of its last run. What is
promised, and how it is tested: [docs/faults.md](../docs/faults.md). A test without a line has not come to
its end yet. Last run on {machine}.

| test | day | seen |
|---|---|---|
""",
    ROLLOUTS: """\
# What rollouts cost, good and bad

Written by `make test-full`: a line for each rollout that is tested on the lab's cluster, with the day of its
last run. What is promised, and how: [docs/rollouts.md](../docs/rollouts.md). Last run on {machine}.

| test | day | seen |
|---|---|---|
""",
}
_ROW = re.compile(r"\| `([^`]+)` \| (\S+) \| (.*) \|\Z")


def found_in(reporter: pytest.TerminalReporter, kind: str) -> dict[str, str]:
    """Test to what it measured, of that kind; of those that passed."""
    measured: dict[str, str] = {}
    for report in reporter.getreports("passed"):
        said = [str(value) for name, value in report.user_properties if name == kind]
        if said:
            measured[report.nodeid] = "; ".join(said)
    return measured


def write(file: Path, measured: dict[str, str], kind: str) -> None:
    """Put what was measured in place of what the same tests measured before."""
    rows = {}
    if file.exists():
        matches = map(_ROW.match, file.read_text().splitlines())
        rows = {match[1]: (match[2], match[3]) for match in matches if match}
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    rows |= {test.removeprefix("tests/"): (today, seen) for test, seen in measured.items()}
    lines = [f"| `{test}` | {day} | {seen} |" for test, (day, seen) in sorted(rows.items())]
    file.write_text(HEADS[kind].format(machine=_machine()) + "\n".join(lines) + "\n")


def _machine() -> str:
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.release().split('-')[0]},"
        f" Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )
