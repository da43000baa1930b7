"""The pod that is one sandbox: nothing of the cluster's is in it, and nothing to write but its outputs."""

import json
import math
import secrets
from pathlib import Path
from typing import Any

import msgspec

from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.sandbox import jobs
from ona_pipeline.sandbox.interface import SandboxJob

INSIDE = "/.ona-sandbox"  # where the first program is laid
_TMP = "64Mi"
_ROOM_BYTES = 48 * 2**20  # for the first program, which counts as the sandbox's memory too
_USERS = range(100_000, 2**31 - 1)


class Held(msgspec.Struct, frozen=True):
    """What bounds a sandbox from outside.

    Attributes:
        start_s: from its making to the start of its program, seconds.
        most_bytes: of its packed outputs, which come back through a log.
    """

    start_s: float = jobs.START_S
    most_bytes: int = 256 * 2**20


def deadline_s(job: SandboxJob, held: Held) -> int:
    """When Kubernetes ends the sandbox, seconds; its own first program ends the job long before."""
    return math.ceil(held.start_s + 2 * job.limits.timeout_s)


def pod_object(job: SandboxJob, image: PinnedReference, held: Held) -> dict[str, Any]:
    """The specification of a pod.

    Args:
        job: what is to run.
        image: its runtime with its inputs and the first program.
        held: what bounds it from outside.
    """
    volumes = {f"out-{number}": path for number, path in enumerate(job.outputs)}
    user = secrets.choice(_USERS)  # nobody else on the node has it, so that its processes can be counted
    written = {"sizeLimit": job.limits.written_bytes}
    return {
        "terminationGracePeriodSeconds": 0,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": user,
            "runAsGroup": user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(job, image, volumes, held)],
        "volumes": [
            {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": _TMP}},
            *({"name": name, "emptyDir": written} for name in volumes),
        ],
    }


def _container(
    job: SandboxJob, image: PinnedReference, volumes: dict[str, str], held: Held
) -> dict[str, Any]:
    limits = job.limits
    memory, disk = limits.memory_bytes + _ROOM_BYTES, limits.written_bytes + _ROOM_BYTES
    return {
        **jobs.CONTAINER,
        "name": "sandbox",
        "image": image,
        "command": ["python3", "-I", INSIDE, json.dumps(_inside(job, held))],
        "workingDir": "/",
        "env": [{"name": name, "value": _literal(value)} for name, value in job.environment.items()],
        "resources": {
            "requests": {"cpu": "100m", "memory": memory, "ephemeral-storage": "16Mi"},
            "limits": {"cpu": f"{limits.cpus:g}", "memory": memory, "ephemeral-storage": disk},
        },
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - inside
            *({"name": name, "mountPath": path} for name, path in volumes.items()),
        ],
    }


def _inside(job: SandboxJob, held: Held) -> dict[str, Any]:
    limits = job.limits
    return {
        "command": [_literal(part) for part in job.command],
        "outputs": list(job.outputs),
        "files": list(job.files),
        "loopback": job.loopback,
        "timeout_s": limits.timeout_s,
        "written_bytes": limits.written_bytes,
        "most_bytes": held.most_bytes,
        # The first program and its reader are of the same user, and counted with the rest.
        "limits": {"CORE": 0, "FSIZE": limits.file_bytes, "NPROC": limits.processes + 2},
    }


def _literal(text: str) -> str:
    """Text in which Kubernetes expands nothing."""
    return text.replace("$(", "$$(")


def first_program() -> dict[str, Path | bytes]:
    """The files of the program that runs first: path in the image to content."""
    here = Path(__file__).parent
    names = ("confine.py", "counters.py", "inside_pod.py", "system_calls.py", "tail.py", "written.py")
    return {
        f"{INSIDE}/__main__.py": b"from ona_pipeline.sandbox.inside_pod import main\n\nmain()\n",
        f"{INSIDE}/ona_pipeline/__init__.py": b"",
        f"{INSIDE}/ona_pipeline/sandbox/__init__.py": b"",
        **{f"{INSIDE}/ona_pipeline/sandbox/{name}": here / name for name in names},
    }
