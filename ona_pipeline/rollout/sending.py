"""What is really sent, given what stands in the cluster: never more than is ours to say."""

from typing import Any

from ona_pipeline.rollout import holders, template
from ona_pipeline.rollout.objects import AUTOSCALER

Object = dict[str, Any]


def as_seen(rendered: tuple[Object, ...], deployment: Object | None) -> tuple[Object, ...]:
    """The same, the Deployment first where there is one: to be taken only while it is as it was seen."""
    if deployment is None:
        return rendered
    version = {"resourceVersion": deployment["metadata"]["resourceVersion"]}
    mine = [one for one in rendered if template.is_serving(one)]
    others = [one for one in rendered if not template.is_serving(one)]
    return (*(wanted | {"metadata": wanted["metadata"] | version} for wanted in mine), *others)


def scaled(rendered: tuple[Object, ...], deployment: Object | None) -> tuple[Object, ...]:
    """The same, with no number of pods where that is an autoscaler's.

    A field that ona stops sending falls back to its default, one pod. So what ona sent first, it goes on
    sending as it stands there, until the autoscaler has written a number of its own.

    Args:
        rendered: every object.
        deployment: as it is in the cluster; None where there is none yet.
    """
    autoscaler = next((one for one in rendered if one["kind"] == AUTOSCALER), None)
    return tuple(
        one | {"spec": _scaled(one["spec"], autoscaler, deployment)} if template.is_serving(one) else one
        for one in rendered
    )


def _scaled(spec: Object, autoscaler: Object | None, deployment: Object | None) -> Object:
    first = {"replicas": autoscaler["spec"].get("minReplicas", 1)} if autoscaler else {}
    if deployment is None:
        return first | spec
    others = {key: value for key, value in spec.items() if key != "replicas"}
    if any(holder.is_autoscaler for holder in holders.holders(deployment, holders.REPLICAS)):
        return others
    if autoscaler is None:
        return spec
    is_ours = holders.is_ours(deployment, holders.REPLICAS)
    return others | ({"replicas": deployment["spec"]["replicas"]} if is_ours else {})
