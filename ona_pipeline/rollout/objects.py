"""The Kubernetes objects of one change: those of a template, patched by structure, never by text."""

from pathlib import Path
from typing import Any, Literal

import msgspec

from ona_pipeline.errors import UsageError
from ona_pipeline.rollout import template
from ona_pipeline.rollout.interface import Change, Serving

RELEASE = "ona.pipeline/release"
IMAGE = "ona.pipeline/image"
MODEL = "ona.pipeline/model"
ENVIRONMENT = "ona.pipeline/environment"
INSTANCE_LABEL = "app.kubernetes.io/instance"
NAME_LABEL = "app.kubernetes.io/name"
CONTAINER = template.CONTAINER
AUTOSCALER = "HorizontalPodAutoscaler"
ADOPTED = "ona.pipeline/adopted"
"""The annotation of a Deployment that its owner made and ona took over: the image that it had of its own."""
SERVES = "ona.pipeline/container"
"""The annotation of pods in which another container than `CONTAINER` serves: its name."""
_MARKS = (RELEASE, IMAGE, MODEL, ENVIRONMENT, ADOPTED)

Object = dict[str, Any]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where in a cluster a model is served, and how it is reached.

    Attributes:
        namespace: exists already; rolling out never makes one.
        deployment: what stands for `model` in the template's names: the Deployment's name, where there is
            neither prefix nor suffix.
        service: type of the Service.
        service_name: name of the Service; empty: the same.
        replicas: number of pods, without an autoscaler; None leaves both as the template has them.
        min_ready_s: how long a new pod has to be ready before an older one is asked to go, seconds.
        container: the one in which the model is served.
    """

    namespace: str
    deployment: str
    service: Literal["ClusterIP", "NodePort"] = "ClusterIP"
    service_name: str = ""
    replicas: int | None = None
    min_ready_s: int = 1
    container: str = CONTAINER


def ours(container: str = CONTAINER) -> frozenset[str]:
    """The fields of a Deployment that say what is served: ours, whoever else wrote to them."""
    return frozenset(
        {
            f'.spec.template.spec.containers[name="{container}"].image',
            *(f".metadata.annotations.{name}" for name in _MARKS),
            *(f".spec.template.metadata.annotations.{name}" for name in (*_MARKS, SERVES)),
        }
    )


def base_folder() -> Path:
    """The base objects that came with this installation: in the wheel, or in the source tree."""
    shipped = Path(__file__).parent / "base"
    return shipped if shipped.is_dir() else Path(__file__).parents[2] / "k8s" / "base"


def render(base: Path, change: Change, place: Place) -> tuple[Object, ...]:
    """Every object that serving `change` at `place` takes, in the order in which they are applied.

    Args:
        base: folder of a kustomization: the base, or an overlay.
        change: what is to be served.
        place: where.

    Raises:
        UsageError: no model could be served by what the folder has.
        BackendError: kubectl is not there to render an overlay.
    """
    found = template.read(base)
    there = placed(found, place)
    patched = (_patched(one, change, place, there) for one in found)
    return tuple(one for one in patched if place.replicas is None or one["kind"] != AUTOSCALER)


def placed(found: list[Object], place: Place) -> Place:
    """Where the objects of a template really are: with the prefix or suffix that an overlay gives them.

    Raises:
        UsageError: there is not just one Deployment that could serve a model.
    """
    serving = [one for one in found if template.is_serving(one)]
    if len(serving) != 1:
        names = ", ".join(one["metadata"]["name"] for one in serving) or "none"
        raise UsageError(
            f"the kustomization must have one Deployment with a container {CONTAINER!r}, found {names}",
            hint="an overlay begins with `resources: [PATH/TO/k8s/base]`",
        )
    labels = serving[0]["spec"]["template"]["metadata"]["labels"].items()
    services = (one for one in found if one["kind"] == "Service")
    asked = next((one for one in services if one["spec"]["selector"].items() <= labels), serving[0])
    return msgspec.structs.replace(
        place,
        deployment=template.renamed(serving[0]["metadata"]["name"], place.deployment),
        service_name=template.renamed(asked["metadata"]["name"], place.deployment),
    )


def named(base: Path, place: Place) -> tuple[Object, ...]:
    """Kind and name of every object at `place`, with nothing in them: enough to find and delete them."""
    return tuple(
        {
            "apiVersion": found["apiVersion"],
            "kind": found["kind"],
            "metadata": {
                "name": template.renamed(found["metadata"]["name"], place.deployment),
                "namespace": place.namespace,
            },
        }
        for found in template.read(base)
    )


def annotations(change: Change) -> dict[str, str]:
    """What the Deployment and its pods say of themselves."""
    return {
        RELEASE: change.release,
        IMAGE: str(change.image),
        MODEL: change.model,
        ENVIRONMENT: change.environment,
    }


def release_of(found: Object) -> str:
    """The release that an object was applied for; empty where ona did not apply it."""
    return str((found["metadata"].get("annotations") or {}).get(RELEASE, ""))


def adopted_image(deployment: Object) -> str:
    """The image of its owner's that a Deployment had when ona took it over; empty where ona did not."""
    return str((deployment["metadata"].get("annotations") or {}).get(ADOPTED, ""))


def image_of(deployment: Object, container: str = CONTAINER) -> str:
    """The reference that a Deployment's pods are made with, as it stands there."""
    containers = deployment["spec"]["template"]["spec"]["containers"]
    images = (str(found["image"]) for found in containers if found["name"] == container)
    return next(images, f"no container {container!r}")


def serving_of(deployment: Object | None, container: str = CONTAINER) -> Serving | None:
    """What a Deployment is set to serve; None where there is none of ours."""
    if deployment is None or not (release := release_of(deployment)):
        return None
    return Serving(image_of(deployment, container), release)


def _patched(found: Object, change: Change, place: Place, there: Place) -> Object:
    metadata = found["metadata"]
    metadata |= {"name": template.renamed(metadata["name"], place.deployment), "namespace": place.namespace}
    metadata["annotations"] = metadata.get("annotations", {}) | annotations(change)
    template.refer(found, place.deployment)
    for labels in template.mappings(found):
        if labels.get(INSTANCE_LABEL) == template.PLACEHOLDER:
            labels[INSTANCE_LABEL] = there.deployment
        if labels.get(NAME_LABEL) == template.PLACEHOLDER:
            labels[NAME_LABEL] = change.model
    if found["kind"] == "Service" and metadata["name"] == there.service_name:
        found["spec"]["type"] = place.service
    if template.is_serving(found):
        _patch_deployment(found["spec"], change, place)
    return found


def _patch_deployment(spec: Object, change: Change, place: Place) -> None:
    if place.replicas is not None:
        spec["replicas"] = place.replicas
    spec["minReadySeconds"] = place.min_ready_s
    pods = spec["template"]
    pods["metadata"]["annotations"] = pods["metadata"].get("annotations", {}) | annotations(change)
    for container in pods["spec"]["containers"]:
        if container["name"] == CONTAINER:
            container["image"] = str(change.image)
