"""Bytecode for an image, so that its first start compiles nothing.

``unchecked-hash`` files are valid without a look at the source's time, which a reproducible layer does not
keep. Two processes share the work, each over its own fixed list in a fixed order and with a fixed hash seed:
the bytes that Python writes depend on what the same process has compiled before.

Source:
    PEP 552, "Deterministic pycs".
"""

import os
import subprocess
import sys
from pathlib import Path

from ona_pipeline.errors import BackendError, UsageError

_PROCESSES = 2
_TIMEOUT_S = 600


def require_python(python: str) -> None:
    """Only the same Python writes the bytecode that the image's Python reads.

    Raises:
        UsageError: this process runs on another minor version than `python`.
    """
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    if python != ours:
        raise UsageError(
            f"the base has Python {python}, ona runs on Python {ours}",
            hint="run ona with the Python of the base, or choose a base with this one",
        )


def compile_all(folder: Path, scratch: Path, *, root: str) -> None:
    """Compile every module below a folder, in place.

    Args:
        folder: of the sources.
        scratch: an existing folder for the lists of work.
        root: where `folder` will be in the image, for tracebacks.

    Raises:
        BackendError: the packages could not be compiled in time.
    """
    modules = sorted(str(path) for path in folder.rglob("*.py"))
    lists = [scratch / f"compile-{number}" for number in range(_PROCESSES)]
    for number, work in enumerate(lists):
        work.write_text("".join(f"{module}\n" for module in modules[number::_PROCESSES]))
    _run([_command(work, folder, root) for work in lists])


def _command(work: Path, folder: Path, root: str) -> list[str]:
    options = ["-qq", "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", root]
    return [sys.executable, "-S", "-m", "compileall", *options, "-i", str(work)]


def _run(commands: list[list[str]]) -> None:
    # A file that does not compile is not our business: packages carry templates and files for other Pythons.
    environment = {"PYTHONHASHSEED": "0", "PATH": os.environ.get("PATH", "")}
    running = [subprocess.Popen(command, env=environment) for command in commands]
    try:
        for process in running:
            process.wait(_TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise BackendError("the packages could not be compiled in time") from error
    finally:
        for process in running:
            process.kill()
            process.wait()
