"""How far the pod of a sandbox is, and why it ended where its program could not say so itself."""

from typing import Any, Literal

import msgspec

from ona_pipeline.errors import BackendError
from ona_pipeline.sandbox.interface import Ending

At = Literal["waiting", "running", "over"]
_OUT_OF_MEMORY = "OOMKilled"
# Source: Kubernetes 1.34, pkg/kubelet/images, "ImagePullErr…"; pkg/kubelet/container, "ErrCreate…".
_HOPELESS = frozenset({"InvalidImageName", "CreateContainerConfigError", "CreateContainerError"})
_EVICTED_FOR_DISK = ("ephemeral", "emptydir", "EmptyDir")


class PodState(msgspec.Struct, frozen=True):
    """What a pod's status says.

    Attributes:
        at: how far it is.
        why: what it waits for, or ended for, in Kubernetes' words; empty where nothing is said.
        is_hopeless: whether waiting is of no use.
        stopped: the limit that it was ended at; None where the status names none.
        status: exit status of its first program; 0 where it has none yet.
    """

    at: At
    why: str = ""
    is_hopeless: bool = False
    stopped: Ending | None = None
    status: int = 0


def state_of(pod: dict[str, Any] | None) -> PodState:
    """Read a pod.

    Args:
        pod: the object; None where the Job has made none yet, or the pod is gone.
    """
    if pod is None:
        return PodState("waiting", "its pod is not made yet")
    status = pod.get("status") or {}
    containers = status.get("containerStatuses") or [{}]
    state = containers[0].get("state") or {}
    if "terminated" in state or status.get("phase") in {"Failed", "Succeeded"}:
        return _over(status, state.get("terminated") or {})
    if "running" in state:
        return PodState("running")
    return _waiting(status, state.get("waiting") or {})


def _waiting(status: dict[str, Any], waiting: dict[str, Any]) -> PodState:
    reason, message = waiting.get("reason", ""), waiting.get("message", "")
    if not reason or reason == "ContainerCreating":
        unmet = [one for one in status.get("conditions") or [] if one.get("reason") == "Unschedulable"]
        return PodState("waiting", unmet[0].get("message", "") if unmet else reason)
    return PodState("waiting", f"{reason}: {message}".strip(": "), is_hopeless=_is_hopeless(reason, message))


def _is_hopeless(reason: str, message: str) -> bool:
    is_not_there = reason in {"ErrImagePull", "ImagePullBackOff"} and "not found" in message
    return reason in _HOPELESS or is_not_there


def _over(status: dict[str, Any], ended: dict[str, Any]) -> PodState:
    words = f"{status.get('reason', '')} {status.get('message', '')}".split()
    why = " ".join(words) or ended.get("reason", "")
    return PodState("over", why, stopped=_stopped(status, ended), status=int(ended.get("exitCode", 0)))


def _stopped(status: dict[str, Any], ended: dict[str, Any]) -> Ending | None:
    if ended.get("reason") == _OUT_OF_MEMORY:
        return "out-of-memory"
    if status.get("reason") == "DeadlineExceeded":
        return "timed-out"
    said = status.get("message") or ""
    if status.get("reason") == "Evicted" and any(word in said for word in _EVICTED_FOR_DISK):
        return "too-much-written"
    return None


def lost(name: str, state: PodState) -> BackendError:
    """The error of a pod that did not come to its end, or came to it without a word and not at a limit.

    Args:
        name: of its Job.
        state: what was seen last.
    """
    said = state.why or (f"exit status {state.status}" if state.at == "over" else f"it is still {state.at}")
    return BackendError(
        f"{name} did not come to its end: {said}",
        hint="kubectl get events says more; its node must reach the image registry",
        retryable=not state.is_hopeless,
    )
