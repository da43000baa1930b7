"""Taking over a Deployment that is there: may ona set its image from now on? No pod is made anew by it."""

import msgspec

from ona_pipeline.clients.kubernetes_errors import HeldFieldError
from ona_pipeline.records.finding import Finding
from ona_pipeline.rollout import objects
from ona_pipeline.rollout.adopted import AdoptedTarget
from ona_pipeline.rollout.objects import Object

_OTHER_NAME = "set `deployment` in [tool.ona.targets.ENVIRONMENT] to one of: kubectl get deployments"


class Adoption(msgspec.Struct, frozen=True):
    """A Deployment that was taken over.

    Attributes:
        target: for people.
        container: the one that serves.
        image: what it serves now.
        held_by: who sets the image too, and has to let it go before the next rollout.
        changed: whether anything was, or has to be; False where it was adopted before.
    """

    target: str
    container: str
    image: str
    held_by: tuple[str, ...] = ()
    changed: bool = True


def adoptable(target: AdoptedTarget, *, is_known: bool) -> Adoption | Finding:
    """What adopting would come to, or why it is refused; nothing is touched.

    Args:
        target: the Deployment.
        is_known: whether the ledger has that it was adopted before.

    Raises:
        BackendError: the cluster is not there, or refuses to show it.
    """
    found = target.found()
    if found is None:
        sentence = "there is no such Deployment, and adopting makes none"
        return Finding("nothing-to-adopt", target.name, sentence, hint=_OTHER_NAME)
    return _refused(target, found, is_known=is_known) or _offered(target, found)


def adopt(target: AdoptedTarget, offered: Adoption) -> Adoption | Finding:
    """Take it over: the annotations of ona's, and the image as it stands, together with whoever holds it.

    Raises:
        BackendError: the cluster is not there, or refuses.
    """
    if not offered.changed:
        return offered
    before = target.found()
    try:
        after = target.take(target.taken(offered.image), dry_run=False)
    except HeldFieldError as error:
        return _held(target, error)
    changed = before is None or _version(before) != _version(after)
    return msgspec.structs.replace(offered, held_by=target.declaring(after), changed=changed)


def _refused(target: AdoptedTarget, found: Object, *, is_known: bool) -> Finding | None:
    every = found["spec"]["template"]["spec"]["containers"]
    if objects.release_of(found) and not objects.adopted_image(found):
        hint = "take `deployment` out of the target's settings, for rollouts go there without adopting"
        return Finding("made-by-ona", target.name, "ona made this Deployment itself", hint=hint)
    if objects.adopted_image(found) and not (is_known and target.is_whose(found)):
        hint = "that project lets it go by removing its annotations: kubectl annotate deployment … KEY-"
        return Finding("another-project", target.name, _whose(found), hint=hint)
    if target.container not in [one["name"] for one in every]:
        names = ", ".join(one["name"] for one in every)
        sentence = f"wanted a container {target.container}, found {names}"
        hint = "set `container` in [tool.ona.targets.ENVIRONMENT] to the one that serves the model"
        return Finding("no-container", target.name, sentence, hint=hint)
    if not target.has_service():
        hint = "set `front` in [tool.ona.targets.ENVIRONMENT]; a rollout asks through it"
        return Finding("no-service", target.name, "there is no Service of that name before it", hint=hint)
    return target.foreign()


def _offered(target: AdoptedTarget, found: Object) -> Adoption | Finding:
    image = objects.image_of(found, target.container)
    is_served_by_ona = bool(objects.release_of(found))
    if not is_served_by_ona:
        try:
            target.take(target.taken(image), dry_run=True)
        except HeldFieldError as error:
            return _held(target, error)
    held_by = target.declaring(found)
    return Adoption(target.name, target.container, image, held_by, changed=not is_served_by_ona)


def _held(target: AdoptedTarget, error: HeldFieldError) -> Finding:
    hint = "let whoever set it take it out of what they apply, or name that value in the environment's policy"
    return Finding("held-by-another", target.name, error.message, hint=hint)


def _whose(found: Object) -> str:
    annotations = found["metadata"]["annotations"]
    model, environment = annotations.get(objects.MODEL), annotations.get(objects.ENVIRONMENT)
    return f"it is managed by ona already, for {model} in {environment}, and not by this project's ledger"


def _version(found: Object) -> str:
    return str(found["metadata"]["resourceVersion"])
