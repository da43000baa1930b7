"""Runs first in a pod's sandbox: starts the program, ends it at its limits, and says what became of it.

Nobody outside may run anything in the pod or read its disk; so what the program wrote is packed and said, in
lines, to standard output, which is the pod's log. The program itself cannot write there: what it says comes
through a pipe. What is said is as hostile as the program, which could have written the same to its outputs.

Standard library alone, and of ona what needs no more: this is laid into the image beside the inputs.
"""

import base64
import contextlib
import ctypes
import gzip
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ona_pipeline.sandbox import confine
from ona_pipeline.sandbox.counters import stopped_here
from ona_pipeline.sandbox.system_calls import seccomp_filter
from ona_pipeline.sandbox.tail import Tail
from ona_pipeline.sandbox.written import written_bytes

_LINE_BYTES = 9000  # 12,000 characters: below the 16 KiB at which container engines cut lines
_INTERVAL_S = 0.2
_PR_SET_DUMPABLE = 4


def main() -> None:
    """Run the job in the first argument, and say what became of it; the last line is JSON."""
    # The program has the same user; what is not dumpable has no memory and no files that it may open.
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    job = json.loads(sys.argv[1])
    if shutil.which(job["command"][0]) is None:
        said: dict[str, Any] = {"missing": job["command"][0]}
    else:
        said = _ran(job)
        folders = [Path(each) for each in job["outputs"]]
        files = {Path(each) for each in job["files"]}
        said["is_whole"] = said["stopped"] != "too-much-written" and _packed(
            folders, files, job["most_bytes"]
        )
        if not said["is_whole"]:
            said["stopped"] = "too-much-written"
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def _ran(job: dict[str, Any]) -> dict[str, Any]:
    started = time.monotonic()
    process = subprocess.Popen(
        _confined(job),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={name: value for name, value in os.environ.items() if not name.startswith("KUBERNETES_")},
        cwd="/",
    )
    tail = Tail(process.stdout)  # type: ignore[arg-type]
    stopped = _watched(process, job, started + job["timeout_s"])
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)  # all that it left behind; the first process of a pod is spared
    status = process.wait()
    return {
        "status": 128 - status if status < 0 else status,
        "stopped": stopped_here() if stopped is None and stopped_here() == "out-of-memory" else stopped,
        "seconds": time.monotonic() - started,
        "output": base64.b64encode(tail.ended()).decode(),
    }


def _confined(job: dict[str, Any]) -> list[str]:
    filtered = seccomp_filter(has_network=job["loopback"])
    given = {"groups": [], "limits": job["limits"], "calls": filtered.hex()}
    return [sys.executable, "-I", confine.__file__, json.dumps(given), *job["command"]]


def _watched(process: "subprocess.Popen[bytes]", job: dict[str, Any], deadline: float) -> str | None:
    """Wait for the end; the limit that ended it, None where it ended by itself."""
    folders = [Path(each) for each in job["outputs"]]
    while True:
        try:
            process.wait(max(0.0, min(_INTERVAL_S, deadline - time.monotonic())))
        except subprocess.TimeoutExpired:
            if time.monotonic() >= deadline:
                return "timed-out"
        if written_bytes(folders) > job["written_bytes"]:
            return "too-much-written"
        if process.returncode is not None:
            return None


class _Lines:
    """A file whose bytes go to standard output as lines of base64, and no more of them than are allowed."""

    def __init__(self, most_bytes: int) -> None:
        self._left = most_bytes
        self._held = b""

    def write(self, content: bytes) -> int:
        """Take more."""
        self._left -= len(content)
        if self._left < 0:
            raise OverflowError
        self._held += content
        while len(self._held) >= _LINE_BYTES:
            self._say(self._held[:_LINE_BYTES])
            self._held = self._held[_LINE_BYTES:]
        return len(content)

    def flush(self) -> None:
        """Nothing is said before a line is full."""

    def close(self) -> None:
        """Say what is held."""
        if self._held:
            self._say(self._held)
        self._held = b""

    def _say(self, content: bytes) -> None:
        sys.stdout.write(base64.b64encode(content).decode() + "\n")


def _packed(folders: list[Path], files: set[Path], most_bytes: int) -> bool:
    """Say the outputs, as a compressed archive of files and folders; False where that is too large.

    Of a folder that has some of `files`, nothing else is said.
    """
    lines = _Lines(most_bytes)
    try:
        # What has two names is packed twice: the archive holds files and folders, and no links.
        with (
            gzip.GzipFile(fileobj=lines, mode="wb", compresslevel=1, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w|", dereference=True) as archive,
        ):
            for number, folder in enumerate(folders):
                declared = {path for path in files if path.parent == folder}
                for path in (path for path in _plain(folder) if not declared or path in declared):
                    name = f"{number}/{path.relative_to(folder)}"
                    archive.add(path, arcname=name, recursive=False)
    except OverflowError:
        return False
    finally:
        lines.close()
    return True


def _plain(folder: Path) -> Iterator[Path]:
    """The files and folders below, parents first; links and devices are left behind."""
    waiting = [folder]
    for each in waiting:  # grows while it is walked: hostile folders may be deeper than Python's stack
        for path in sorted(each.iterdir()):
            mode = path.lstat().st_mode
            if stat.S_ISDIR(mode):
                path.chmod(0o700)
                waiting.append(path)
                yield path
            elif stat.S_ISREG(mode):
                path.chmod(0o600)
                yield path
