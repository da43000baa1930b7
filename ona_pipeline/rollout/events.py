"""What a pod's events add to its trouble: the words of a probe, or that its node is gone.

Source:
    Kubernetes, "Events" in the API reference; reasons of the kubelet (`pkg/kubelet/events/event.go`) and of
    the node lifecycle controller (`pkg/controller/nodelifecycle`).
"""

from typing import Any

import msgspec

from ona_pipeline.rollout.trouble import Trouble

Object = dict[str, Any]

_PROBED = frozenset({"not-ready", "not-started"})
_PROBE_FAILED = "Unhealthy"
_NODE_GONE = "NodeNotReady"


def explained(trouble: Trouble, events: list[Object]) -> Trouble:
    """The trouble, with the newest of its pod's events that tells why.

    Args:
        trouble: of one pod.
        events: of that pod.
    """
    if trouble.cause not in _PROBED:
        return trouble
    if _newest(events).get("reason") == _NODE_GONE:
        sentence = f"pod {trouble.instance} is on a node that is gone: its kubelet tells nothing any more"
        return msgspec.structs.replace(trouble, cause="node-gone", sentence=sentence)
    probed = _newest([event for event in events if event.get("reason") == _PROBE_FAILED])
    if words := " ".join(str(probed.get("message", "")).split()):
        return msgspec.structs.replace(trouble, sentence=f"{trouble.sentence}: {words}")
    return trouble


def _newest(events: list[Object]) -> Object:
    return max(events, key=lambda event: event.get("lastTimestamp") or "", default={})
