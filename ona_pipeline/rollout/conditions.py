"""What is wrong with a Deployment, read off what the API server shows of it: dicts in, a named cause out.

Source:
    Kubernetes API reference, DeploymentStatus, PodStatus and ContainerStatus; the kubelet's waiting reasons
    (`pkg/kubelet/images/types.go`, `pkg/kubelet/container/sync_result.go`).
"""

import re
from typing import Any

from ona_pipeline.rollout.objects import CONTAINER, IMAGE, RELEASE, SERVES
from ona_pipeline.rollout.trouble import Trouble, times

Object = dict[str, Any]

_PULL = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
_NEVER_STARTS = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError"}
)
_NO_SUCH_PLATFORM = re.compile(r"no match for platform", re.IGNORECASE)
# An image registry's final words; "connection refused" or "timeout" are not among them.
_NOT_THERE = re.compile(
    r"not found|manifest unknown|name unknown|unauthorized|denied|InvalidImageName", re.IGNORECASE
)
_CRASHES_ENOUGH = 2


def is_leaving(pod: Object) -> bool:
    """Whether the pod drains or has ended, and gets no new requests."""
    ended = pod.get("status", {}).get("phase") in {"Failed", "Succeeded"}
    return ended or "deletionTimestamp" in pod["metadata"]


def sorted_out(pods: list[Object], annotations: dict[str, str]) -> tuple[list[Object], list[Object]]:
    """The pods that serve, or will: those made for the change that has these annotations, and the others."""
    staying = [pod for pod in pods if not is_leaving(pod)]
    new = [pod for pod in staying if runs(pod, annotations)]
    return new, [pod for pod in staying if pod not in new]


def runs(pod: Object, annotations: dict[str, str]) -> bool:
    """Whether the pod was made for the change that has these annotations."""
    found = pod["metadata"].get("annotations") or {}
    return all(found.get(key) == annotations[key] for key in (RELEASE, IMAGE))


def is_ready(pod: Object) -> bool:
    """Whether the kubelet found it ready."""
    return _condition(pod, "Ready").get("status") == "True"


def running_digest(pod: Object) -> str:
    """The digest in what the container runtime says it runs; empty before it does."""
    return str(_container(pod).get("imageID", "")).rpartition("@")[2]


def deployment_trouble(deployment: Object, pods: list[Object], new: list[Object]) -> Trouble | None:
    """What the Deployment itself says: not seen yet, or its pods refused by quota or admission.

    Args:
        deployment: the object.
        pods: all its pods.
        new: those of the wanted change; where none of them is missing, an older refusal is still being told.
    """
    name = deployment["metadata"]["name"]
    if deployment.get("status", {}).get("observedGeneration", 0) < deployment["metadata"]["generation"]:
        return Trouble("", f"Deployment {name} has not been looked at by its controller yet")
    failure = _condition(deployment, "ReplicaFailure")
    if failure.get("status") != "True" or len(new) >= deployment["spec"]["replicas"]:
        return None
    message = failure.get("message", "")
    if "exceeded quota" in message:
        waiting = any(is_leaving(pod) for pod in pods)  # what leaves gives its share back
        return Trouble("quota", f"Deployment {name}: no pod can be made: {message}", hopeless=not waiting)
    return Trouble("admission", f"Deployment {name}: no pod can be made: {message}", hopeless=True)


def pod_trouble(pod: Object) -> Trouble | None:
    """What keeps one pod from being ready; None where it is."""
    if is_ready(pod):
        return None
    name, container = pod["metadata"]["name"], _container(pod)
    return (
        _unscheduled(name, pod)
        or _waiting(name, container.get("state", {}).get("waiting") or {})
        or _died(name, container)
        or _not_started(name, container)
        or Trouble("not-ready", f"pod {name} runs, but does not say that it is ready", instance=name)
    )


def progress(deployment: Object, new: list[Object], old: list[Object]) -> Trouble | None:
    """Whether pods are still missing, or older ones still there."""
    wanted = deployment["spec"]["replicas"]
    if len(new) < wanted:
        return Trouble("", f"{len(new)} of {wanted} pods are there")
    if old or len(new) > wanted:
        return Trouble("", f"{len(old) + len(new) - wanted} older pods still serve")
    return None


def _unscheduled(name: str, pod: Object) -> Trouble | None:
    found = _condition(pod, "PodScheduled")
    if found.get("status") != "False":
        return None
    return Trouble("unschedulable", f"pod {name} finds no node: {found.get('message', '')}")


def _waiting(name: str, waiting: Object) -> Trouble | None:
    reason, message = waiting.get("reason", ""), waiting.get("message", "")
    if reason in {"ContainerCreating", "PodInitializing"}:
        return Trouble("", f"pod {name} is being made")
    if reason in _PULL and _NO_SUCH_PLATFORM.search(message):
        sentence = f"pod {name} cannot pull its image, which is for other machines: {message}"
        return Trouble("wrong-platform", sentence, hopeless=True)
    if reason in _PULL:
        final = bool(_NOT_THERE.search(f"{reason} {message}"))
        return Trouble("image-pull", f"pod {name} cannot pull its image: {message or reason}", hopeless=final)
    if reason in _NEVER_STARTS:
        return Trouble("cannot-start", f"pod {name} cannot start: {message or reason}", hopeless=True)
    return None


def _died(name: str, container: Object) -> Trouble | None:
    state, restarts = container.get("state", {}), container.get("restartCount", 0)
    ended = state.get("terminated") or container.get("lastState", {}).get("terminated")
    if not ended:
        return None
    crashes = restarts + (0 if "running" in state else 1)
    known = {"hopeless": crashes >= _CRASHES_ENOUGH, "instance": name, "restarted": "terminated" not in state}
    if ended.get("reason") == "OOMKilled":
        sentence = f"pod {name} needs more memory than its limit, and was ended {times(crashes)}"
        return Trouble("out-of-memory", sentence, **known)
    sentence = f"pod {name} crashed {times(crashes)}, the last time with exit status {ended.get('exitCode')}"
    return Trouble("crash-loop", sentence, **known)


def _not_started(name: str, container: Object) -> Trouble | None:
    """A container whose startup probe has not passed: it still loads, or listens elsewhere."""
    if "running" not in container.get("state", {}) or container.get("started") is not False:
        return None
    return Trouble("not-started", f"pod {name} runs, but has not answered its startup probe", instance=name)


def _container(pod: Object) -> Object:
    statuses: list[Object] = pod.get("status", {}).get("containerStatuses") or []
    name = (pod["metadata"].get("annotations") or {}).get(SERVES, CONTAINER)
    return next((status for status in statuses if status["name"] == name), {})


def _condition(found: Object, kind: str) -> Object:
    conditions: list[Object] = found.get("status", {}).get("conditions") or []
    return next((condition for condition in conditions if condition["type"] == kind), {})
