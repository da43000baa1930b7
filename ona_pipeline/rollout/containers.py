"""The container of one change on a Docker engine: its settings, and what is wrong with it.

Source:
    Docker Engine API v1.41, "Inspect a container": State, RestartCount, NetworkSettings.
"""

from typing import Any

from ona_pipeline.rollout.interface import Change
from ona_pipeline.rollout.trouble import Trouble, times

PLACE = "ona.place"
RELEASE = "ona.release"
PORT = "8080/tcp"
_CRASHES_ENOUGH = 2
_MEMORY_BYTES = 512 * 2**20

Attributes = dict[str, Any]


def place_of(model: str, environment: str, namespace: str = "") -> str:
    """The label that every container of one model's environment carries.

    Args:
        model: the model's name.
        environment: the environment's name.
        namespace: keeps projects apart that share an engine; may be empty.
    """
    return "/".join(part for part in (namespace, model, environment) if part)


def settings(change: Change, place: str) -> dict[str, Any]:
    """Everything that the container is made with, in the words of the Docker SDK.

    Its port is one of the engine's choice on the loopback address: so a new container starts and answers
    while the one before it still serves on its own.
    """
    return {
        "image": str(change.image),
        "name": f"ona-{change.model}-{change.environment}-{change.image.digest.short}",
        "labels": {
            PLACE: place,
            RELEASE: change.release,
            "ona.model": change.model,
            "ona.environment": change.environment,
        },
        "ports": {PORT: ("127.0.0.1",)},
        "user": "65532:65532",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": _MEMORY_BYTES,
        "memswap_limit": _MEMORY_BYTES,
        "pids_limit": 256,
        "restart_policy": {"Name": "unless-stopped"},
    }


def is_for(found: Attributes, change: Change) -> bool:
    """Whether a container was made for `change`."""
    config = found["Config"]
    return bool(config["Image"] == change.image and config["Labels"].get(RELEASE) == change.release)


def address(found: Attributes) -> str:
    """``host:port`` on which a container is published; empty while it is not."""
    published = (found["NetworkSettings"].get("Ports") or {}).get(PORT) or []
    return f"{published[0]['HostIp']}:{published[0]['HostPort']}" if published else ""


def trouble(found: Attributes) -> Trouble | None:
    """What a container died of; None where it runs and never died."""
    state, name = found["State"], found["Name"].lstrip("/")
    is_running = state["Running"] and not state.get("Restarting")
    crashes = found.get("RestartCount", 0) + (0 if is_running else 1)
    if not crashes:
        return None
    hopeless = crashes >= _CRASHES_ENOUGH
    if state.get("OOMKilled"):
        sentence = f"container {name} needs more memory than its limit, and was ended {times(crashes)}"
        return Trouble("out-of-memory", sentence, hopeless=hopeless, instance=name)
    sentence = f"container {name} crashed {times(crashes)}"
    status = f", the last time with exit status {state['ExitCode']}" if state["ExitCode"] else ""
    return Trouble("crash-loop", f"{sentence}{status}", hopeless=hopeless, instance=name)
