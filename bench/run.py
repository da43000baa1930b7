"""Measures what `ona` costs, side by side with the barest way to do the same, and writes bench/results.md.

Called by `make bench`, with the lab up and its addresses in the environment. Figures move from machine to
machine; the ratios say more.
"""

import multiprocessing
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import ledger
from bench import rows as many_rows

ROOT = Path(__file__).parents[1]
ONA = Path(sys.executable).with_name("ona")
RUNS = 11
RELEASES = 3
SETTINGS = (
    '[tool.ona.environments.staging]\napproval = "manual"\n[tool.ona.targets.staging]\nkind = "docker"\n'
)


def median_s(work: Callable[[], object], runs: int) -> float:
    """Median wall clock of `runs` calls, seconds, after one that does not count."""
    work()
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def run(*command: str, folder: Path, environment: dict[str, str]) -> None:
    """Run a command that must succeed, and show what it said where it does not."""
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")


def project(folder: Path, environment: dict[str, str]) -> None:
    """A repository with the digits model, and one environment that a person decides for."""
    for name in ("models", "validation"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "pyproject.toml").write_text(SETTINGS)
    identity = ("-c", "user.name=releaser", "-c", "user.email=releaser@example.org")
    for arguments in (("init", "-q", "-b", "main"), ("add", "-A"), (*identity, "commit", "-qm", "digits")):
        run("git", *arguments, folder=folder, environment=environment)


def rows(folder: Path, environment: dict[str, str]) -> list[tuple[str, float, str]]:
    """What was measured: its name, seconds, and what it is to be compared with."""

    def timed(*command: str, runs: int = RUNS) -> float:
        return median_s(lambda: run(*command, folder=folder, environment=environment), runs)

    bare = timed(sys.executable, "-c", "pass")
    about = timed(str(ONA), "--help")
    release = timed(str(ONA), "release", "digits", "--to", "staging", runs=RELEASES)
    status = timed(str(ONA), "status")
    return [
        ("bare Python", bare, ""),
        ("`ona --help`", about, f"{about - bare:.3f} s over bare Python; goal 0.15"),
        ("`ona status`, a ledger of four releases", status, "goal 0.5"),
        ("commit → awaiting approval, runtime known", release, "goal 6, then 4"),
    ]


def main() -> None:
    """Measure, and write the results."""
    with tempfile.TemporaryDirectory(prefix="ona-bench-") as scratch:
        folder = Path(scratch) / "project"
        folder.mkdir()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ONA_")} | {
            "ONA_LEDGER": f"sqlite:///{scratch}/ledger.db",
            "ONA_IMAGE_REGISTRY": f"{os.environ['ONA_LAB_REGISTRY']}/ona-bench",
            "ONA_BASE": os.environ["ONA_LAB_BASE"],
        }
        project(folder, environment)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as own:
            many = own.submit(many_rows.measured).result()
        found = [*rows(folder, environment), many, *ledger.rows()]
    system = f"Linux {platform.release().split('-')[0]}, Python {platform.python_version()}"
    lines = [
        "# Results of `make bench`",
        "",
        (
            f"{datetime.now(UTC):%Y-%m-%d}, ona {version('ona-pipeline')}, {os.cpu_count()} cores, {system};"
            f" medians of {RUNS} runs ({RELEASES} releases); ledgers of {ledger.EVENTS_WANTED:,} events."
        ),
        "",
        "| what | seconds | |",
        "|---|---|---|",
        *(f"| {name} | {seconds:.3f} | {remark} |" for name, seconds, remark in found),
    ]
    (ROOT / "bench" / "results.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
