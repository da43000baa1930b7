"""A sandbox that is a container: no network, no capability, nothing to write but its outputs."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ona_pipeline.clients.docker import DockerEngine, translated
from ona_pipeline.clients.docker_orphans import owned, remove_orphans
from ona_pipeline.sandbox.ending import ending
from ona_pipeline.sandbox.files import owner, readable, writable, writable_places
from ona_pipeline.sandbox.interface import Ending, SandboxJob, SandboxOutcome
from ona_pipeline.sandbox.tail import OUTPUT_BYTES
from ona_pipeline.sandbox.written import bounded

if TYPE_CHECKING:
    from docker.models.containers import Container

LABEL = "ona.sandbox"
_KILLED = 137
_NOTICE_S = 1.0


class ContainerSandbox:
    """Runs jobs as containers of a Docker engine.

    The environment is what the image declares plus what the job gives; nothing of the releaser's.

    Args:
        engine: where the containers run.
    """

    def __init__(self, engine: DockerEngine) -> None:
        self._engine = engine

    def run(self, job: SandboxJob) -> SandboxOutcome:
        """Run the job to its end; the container is removed in every case.

        Raises:
            BackendError: the engine is not there, or could not pull, make or start the container.
        """
        remove_orphans(self._engine, LABEL)
        self._engine.pull(job.runtime)
        with ExitStack() as stack:
            inputs = {inside: stack.enter_context(readable(path)) for inside, path in job.inputs.items()}
            for path in job.outputs.values():
                stack.enter_context(writable(path))
            container = stack.enter_context(self._created(job, inputs))
            return _followed(container, job)

    @contextmanager
    def _created(self, job: SandboxJob, inputs: dict[str, Path]) -> Iterator["Container"]:
        sdk = self._engine.sdk
        with translated(f"make a sandbox from {job.runtime}"):
            container = sdk.containers.create(**self._settings(job, inputs))
        try:
            yield container
        finally:
            with translated(f"remove the sandbox {container.short_id}"):
                container.remove(force=True, v=True)

    def _settings(self, job: SandboxJob, inputs: dict[str, Path]) -> dict[str, Any]:
        return {
            "image": job.runtime,
            "entrypoint": [job.command[0]],
            "command": list(job.command[1:]),
            "environment": job.environment,
            # The SDK would otherwise add the proxies of ~/.docker/config.json, with their passwords.
            "use_config_proxy": False,
            "labels": owned(LABEL),
            "network_mode": "none",
            "mounts": _mounts(job, inputs),
            **_confinement(),
            **self._limits(job),
        }

    def _limits(self, job: SandboxJob) -> dict[str, Any]:
        from docker.types import Ulimit

        limits = job.limits
        with translated("tell its number of processors"):
            processors = int(self._engine.sdk.info()["NCPU"])
        return {
            "mem_limit": limits.memory_bytes,
            "memswap_limit": limits.memory_bytes,
            "nano_cpus": int(min(limits.cpus, processors) * 1e9),
            "pids_limit": limits.processes,
            "ulimits": [
                Ulimit(name="fsize", soft=limits.file_bytes, hard=limits.file_bytes),
                Ulimit(name="core", soft=0, hard=0),
            ],
        }


def _confinement() -> dict[str, Any]:
    from docker.types import LogConfig

    return {
        "user": owner(),
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "ipc_mode": "private",
        "tmpfs": {"/tmp": "rw,nosuid,nodev,size=64m,mode=1777"},  # noqa: S108 - inside the container
        "log_config": LogConfig(type="json-file", config={"max-size": "1m", "max-file": "2"}),
    }


def _mounts(job: SandboxJob, inputs: dict[str, Path]) -> list[Any]:
    from docker.types import Mount

    places = {inside: (path, False) for inside, path in inputs.items()}
    places |= writable_places(job.outputs, job.files)
    return [
        Mount(target=inside, source=str(path.resolve()), type="bind", read_only=not is_writable)
        for inside, (path, is_writable) in places.items()
    ]


def _followed(container: "Container", job: SandboxJob) -> SandboxOutcome:
    started = time.monotonic()
    with translated(f"start the sandbox {container.short_id}"):
        container.start()
    stopped: Ending | None = None
    kill = partial(_kill, container)
    with bounded(job.outputs.values(), job.limits.written_bytes, kill) as is_too_much:
        if not _wait(container, job.limits.timeout_s):
            stopped = "timed-out"
            kill()
        seconds = time.monotonic() - started
        if is_too_much():
            stopped = "too-much-written"
    with translated(f"look at the sandbox {container.short_id}"):
        container.wait()
        output = _said(container)[-OUTPUT_BYTES:].decode(errors="replace")
        status, was_out_of_memory = _end_state(container)
    if was_out_of_memory:
        stopped = "out-of-memory"
    return SandboxOutcome(ending(status, output, stopped=stopped), status, output, seconds)


def _said(container: "Container") -> bytes:
    """What it wrote, then what it complained of: the engine keeps no order between the two."""
    return bytes(container.logs(stderr=False) + container.logs(stdout=False))


def _kill(container: "Container") -> None:
    import docker.errors

    with translated(f"end the sandbox {container.short_id}"), suppress(docker.errors.APIError):
        container.kill()  # it may have ended by itself: that is a conflict, and well


def _wait(container: "Container", timeout_s: float) -> bool:
    import requests

    deadline = time.monotonic() + timeout_s
    with translated(f"wait for the sandbox {container.short_id}"):
        try:
            container.wait(timeout=timeout_s)
        except requests.RequestException:
            # A read that times out and an engine that dies are one exception here; only the clock tells.
            if time.monotonic() < deadline:
                raise
            return False
    return True


def _end_state(container: "Container") -> tuple[int, bool]:
    # The engine may learn of an out-of-memory kill a moment after the end of the process.
    deadline = time.monotonic() + _NOTICE_S
    while True:
        container.reload()
        state = container.attrs["State"]
        status, was_out_of_memory = int(state["ExitCode"]), bool(state["OOMKilled"])
        if was_out_of_memory or status != _KILLED or time.monotonic() > deadline:
            return status, was_out_of_memory
        time.sleep(0.1)
