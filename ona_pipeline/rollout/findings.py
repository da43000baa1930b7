"""Why a rollout, or a canary before it, was refused: in findings, each with what to do about it."""

from ona_pipeline.records.finding import Finding
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.rollout.interface import Condition

_HINTS = {
    "unschedulable": "give the cluster room, or ask for less in k8s/base/deployment.yaml",
    "image-pull": "let the cluster's nodes reach the image registry, with credentials that may read",
    "wrong-platform": "release it for the nodes of the cluster: kubectl get nodes -L kubernetes.io/arch",
    "not-started": "it has to listen on port 8080 and load its model within the startup probe's time",
    "node-gone": "kubectl describe node; the cluster makes the pod anew elsewhere, if it has room",
    "out-of-memory": "raise the memory limit, or release a smaller model",
    "quota": "raise the namespace's quota by one pod more than it serves with: a rollout needs that room",
    "admission": "the namespace's policy refuses the pods: compare it with k8s/base/deployment.yaml",
}


def not_well(seen: Condition, subject: str, deadline_s: float) -> Finding:
    """The cause, as it was last seen.

    Args:
        seen: not well.
        subject: the target's name.
        deadline_s: by which it should have been, seconds.
    """
    code = seen.cause or "deadline-passed"
    late = "" if seen.hopeless else f"; not well within {deadline_s:g} s"
    return Finding(code, subject, f"{seen.sentence}{late}", hint=_HINTS.get(code, ""))


def not_approved(promotion: Promotion) -> Finding:
    """Nobody said yes to exactly what the promotion binds."""
    sentence = f"promotion {promotion.id} has no approval of what it binds now; the target was not touched"
    return Finding("not-approved", promotion.id, sentence, hint=f"`ona approve {promotion.release}`")
