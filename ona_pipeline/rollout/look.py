"""One look at a Deployment and its pods, of a target or of the canary beside it."""

import msgspec

from ona_pipeline.rollout import conditions, objects
from ona_pipeline.rollout.answers import Asked
from ona_pipeline.rollout.interface import Change, Condition
from ona_pipeline.rollout.objects import Object
from ona_pipeline.rollout.trouble import Trouble, answer_trouble, worst
from ona_pipeline.rollout.view import ClusterView


class Look(msgspec.Struct, frozen=True):
    """What was seen.

    Attributes:
        trouble: what is wrong; None where nothing is.
        asked: the pods that were asked.
        pods: all of them.
    """

    trouble: Trouble | None
    asked: tuple[Asked, ...] = ()
    pods: tuple[Object, ...] = ()


def look(view: ClusterView, change: Change, name: str, *, asks: bool = True) -> Look:
    """Look at the Deployment and its pods, and ask each that is ready.

    Args:
        view: of the Deployment.
        change: what it should serve.
        name: of what is looked at, for people.
        asks: whether pods are asked the known question.

    Raises:
        BackendError: the cluster is not there, or refuses to show them.
    """
    deployment = view.deployment()
    if deployment is None:
        return Look(Trouble("not-applied", f"{name} does not exist"))
    pods = view.pods()
    new, old = conditions.sorted_out(pods, objects.annotations(change))
    asked = [view.ask_pod(pod, change) for pod in new if conditions.is_ready(pod)] if asks else []
    trouble = worst(
        conditions.deployment_trouble(deployment, pods, new),
        *map(conditions.pod_trouble, new),
        *map(answer_trouble, asked),
        conditions.progress(deployment, new, old),
    )
    return Look(trouble, tuple(asked), tuple(pods))


def condition_of(seen: Look, view: ClusterView, name: str, *, address: str = "") -> Condition:
    """The same in the words of every target, with what a pod's events and log tell of its trouble."""
    told = view.told(seen.trouble) if seen.trouble else None
    return Condition(
        well=told is None,
        cause=told.cause if told else "",
        sentence=told.sentence if told else f"{name} is well",
        hopeless=told is not None and told.hopeless,
        instances=tuple(one.instance for one in seen.asked),
        address=address,
    )
