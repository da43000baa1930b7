"""The Deployment of a canary: made from the rendered objects, and told from every other by a label."""

import copy

from ona_pipeline.rollout import objects, template
from ona_pipeline.rollout.objects import Object

TRACK_LABEL = "ona.pipeline/track"
CANARY = "canary"


def canary_of(rendered: tuple[Object, ...], *, beside: int, share: float) -> Object:
    """The Deployment of a canary: the same pods under a name and a label of its own, behind the same Service.

    Args:
        rendered: every object of the change.
        beside: number of pods that the canary stands beside.
        share: of all pods, in (0, 1).
    """
    found = copy.deepcopy(next(one for one in rendered if template.is_serving(one)))
    found["metadata"]["name"] = canary_name(found["metadata"]["name"])
    spec, mark = found["spec"], {TRACK_LABEL: CANARY}
    for labels in (found["metadata"], spec["template"]["metadata"]):
        labels["labels"] = labels["labels"] | mark
    spec["selector"]["matchLabels"] |= mark
    spec["replicas"] = max(1, round(beside * share / (1 - share)))
    return found


def canary_name(deployment: str) -> str:
    """The name of the canary beside a Deployment."""
    return f"{deployment}-{CANARY}"


def is_canary(found: Object | None) -> bool:
    """Whether a Deployment is a canary that ona made; a model's own may have the same name."""
    labels = (found or {}).get("metadata", {}).get("labels") or {}
    return bool(found and objects.release_of(found) and labels.get(TRACK_LABEL) == CANARY)
