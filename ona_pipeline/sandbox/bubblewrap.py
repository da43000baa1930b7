"""A sandbox without an engine: namespaces of the kernel, made by bubblewrap, around an unpacked image.

`staging.py` puts files in reach, `layout.py` lays them out, `control_group.py` and `confine.py` limit, and
`system_calls.py` says which calls to the kernel are answered with no.
"""

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ona_pipeline.errors import BackendError
from ona_pipeline.sandbox import confine
from ona_pipeline.sandbox.control_group import Group, control_group, threads_of
from ona_pipeline.sandbox.ending import ending
from ona_pipeline.sandbox.files import owner, readable, writable, writable_places
from ona_pipeline.sandbox.interface import Ending, Limits, Roots, SandboxJob, SandboxOutcome
from ona_pipeline.sandbox.layout import Mount, file_system
from ona_pipeline.sandbox.staging import program, staged
from ona_pipeline.sandbox.system_calls import seccomp_filter
from ona_pipeline.sandbox.tail import Tail
from ona_pipeline.sandbox.written import bounded

_KILLED = 137  # with its sandbox: what an engine would say
_HINT = (
    "bubblewrap 0.8 or newer must be allowed to make user namespaces: see user.max_user_namespaces, "
    "kernel.unprivileged_userns_clone and the AppArmor profile of bwrap; or use a Docker engine"
)
_WALLS = (
    *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
    "--unshare-cgroup-try",
    *("--disable-userns", "--new-session", "--die-with-parent", "--hostname", "sandbox", "--clearenv"),
)


class BubblewrapSandbox:
    """Runs jobs as children of this process, in namespaces of their own.

    What a container is given by its engine, they have from the kernel: no network, another root, no
    capability, no new privileges, fewer system calls, limits.

    Args:
        roots: where images come from.
    """

    def __init__(self, roots: Roots) -> None:
        self._roots = roots

    def run(self, job: SandboxJob) -> SandboxOutcome:
        """Run the job to its end; nothing of it lives on in any case.

        Raises:
            BackendError: bubblewrap is not there or may not make namespaces, or the image cannot be had.
        """
        bwrap, root = program("bwrap"), self._roots.have(job.runtime)
        with ExitStack() as stack:
            mounts = {
                inside: Mount(stack.enter_context(readable(path))) for inside, path in job.inputs.items()
            }
            for path in job.outputs.values():
                stack.enter_context(writable(path))
            for inside, (path, is_writable) in writable_places(job.outputs, job.files).items():
                mounts[inside] = Mount(path, is_writable=is_writable)
            stage = stack.enter_context(staged(root.folder, mounts))
            group = stack.enter_context(control_group(job.limits))
            walls = [
                *(bwrap, *_WALLS),
                *file_system(root.folder, stage.root, stage.mounts),
                *_variables({**root.environment, **job.environment}),
                *("--chdir", "/"),
            ]
            command = [*_confining(job.limits, group), *stage.command, *walls]
            return _followed(job, command, group)


def _followed(job: SandboxJob, command: list[str], group: Group | None) -> SandboxOutcome:
    started = time.monotonic()
    process, output, status = _started(job, command)
    stopped: Ending | None = None
    with bounded(job.outputs.values(), job.limits.written_bytes, process.kill) as is_too_much:
        try:
            process.wait(job.limits.timeout_s)
        except subprocess.TimeoutExpired:
            stopped = "timed-out"
        finally:
            process.kill()  # whatever ends us: all that is inside dies with it
            process.wait()
        if is_too_much():
            stopped = "too-much-written"
    seconds = time.monotonic() - started
    return _outcome(output.ended(), _status(status.ended()), stopped, group, seconds)


def _started(job: SandboxJob, command: list[str]) -> tuple["subprocess.Popen[bytes]", Tail, Tail]:
    reading, writing = os.pipe()
    told = Tail(os.fdopen(reading, "rb"))
    with os.fdopen(writing, "wb"), _memory_file(seccomp_filter()) as calls:
        filtered = ("--seccomp", str(calls)) if os.fstat(calls).st_size else ()  # not on every machine
        process = subprocess.Popen(
            [*command, *filtered, "--json-status-fd", str(writing), "--", *job.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={},
            pass_fds=(calls, writing),
        )
    if process.stdout is None:
        raise AssertionError("a pipe was asked for")
    return process, Tail(process.stdout), told


@contextmanager
def _memory_file(content: bytes) -> Iterator[int]:
    number = os.memfd_create("ona-seccomp")
    with os.fdopen(number, "wb") as file:
        file.write(content)
        file.flush()
        file.seek(0)
        yield number


def _status(told: bytes) -> int | None:
    """The exit status that bubblewrap tells of; None where the program did not start, or not end."""
    documents = [json.loads(line) for line in told.splitlines()]
    return next((int(one["exit-code"]) for one in documents if "exit-code" in one), None)


def _outcome(
    output: bytes, status: int | None, stopped: Ending | None, group: Group | None, seconds: float
) -> SandboxOutcome:
    text = output.decode(errors="replace")
    kernel = group.stopped() if group else None
    if status is None and stopped is None and kernel is None:
        last = text.strip().rpartition("\n")[2]
        raise BackendError(f"bubblewrap could not make a sandbox: {last}", hint=_HINT)
    code = _KILLED if status is None else status
    if kernel == "out-of-memory" or (stopped is None and code):  # who copes with too few processes is well
        stopped = kernel
    return SandboxOutcome(ending(code, text, stopped=stopped), code, text, seconds)


def _variables(given: dict[str, str]) -> list[str]:
    return [part for name, value in given.items() for part in ("--setenv", name, value)]


def _confining(limits: Limits, group: Group | None) -> list[str]:
    """What comes first. Without a control group each process is limited by itself, which is weaker.

    Then memory is the address space of each, as the kernel counts no more for us, and processes are those of
    this user together, whatever they belong to.
    """
    of_each = {"CORE": 0, "FSIZE": limits.file_bytes, "CPU": math.ceil(limits.cpus * limits.timeout_s) + 1}
    if group is None:
        of_each |= {
            "AS": limits.memory_bytes,
            "NPROC": limits.processes + threads_of(int(owner().partition(":")[0])),
        }
    folders = [str(folder) for folder in group.folders] if group else []
    given = {"groups": folders, "limits": of_each, "calls": ""}  # bubblewrap has its filter from us
    return [sys.executable, "-I", confine.__file__, json.dumps(given)]
