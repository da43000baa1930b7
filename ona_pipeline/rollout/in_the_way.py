"""What belongs to somebody else where ona would apply its own: named, and left alone."""

from ona_pipeline.records.finding import Finding
from ona_pipeline.rollout import objects
from ona_pipeline.rollout.objects import Object, Place


def not_ours(found: Object, subject: str, *, hint: str) -> Finding:
    """A Deployment that somebody else made.

    Args:
        found: as it is in the cluster.
        subject: what was to be changed, for people.
        hint: what to do about it.
    """
    containers = found["spec"]["template"]["spec"]["containers"]
    names = ", ".join(one["name"] for one in containers)
    there = f"{found['metadata']['namespace']}/{found['metadata']['name']}"
    sentence = f"Deployment {there} is not ona's: wanted none, or one that ona made, found one with {names}"
    return Finding("not-ours", subject, sentence, hint=hint)


def foreign(pods: list[Object], place: Place, subject: str) -> Finding | None:
    """The first of the pods that a Deployment's selector finds and that ona did not make.

    Args:
        pods: all that the selector finds.
        place: of the Deployment.
        subject: what was to be changed, for people.
    """
    there = f"{place.namespace}/{place.deployment}"
    for pod in pods:
        if objects.MODEL not in (pod["metadata"].get("annotations") or {}):
            sentence = (
                f"pod {pod['metadata']['name']} is not ona's, and has the label by which {there} selects"
            )
            hint = f"take the label {objects.INSTANCE_LABEL} from those pods, or use a namespace of its own"
            return Finding("foreign-pods", subject, sentence, hint=hint)
    return None
