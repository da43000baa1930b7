"""The Kubernetes objects of one change: those of `k8s/base`, patched by structure, never by text."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from ona_pipeline.rollout import holders
from ona_pipeline.rollout.interface import Change

RELEASE = "ona.pipeline/release"
IMAGE = "ona.pipeline/image"
MODEL = "ona.pipeline/model"
ENVIRONMENT = "ona.pipeline/environment"
INSTANCE_LABEL = "app.kubernetes.io/instance"
NAME_LABEL = "app.kubernetes.io/name"
CONTAINER = "model"
AUTOSCALER = "HorizontalPodAutoscaler"
OURS = frozenset(
    {
        f'.spec.template.spec.containers[name="{CONTAINER}"].image',
        *(f".metadata.annotations.{name}" for name in (RELEASE, IMAGE, MODEL, ENVIRONMENT)),
        *(f".spec.template.metadata.annotations.{name}" for name in (RELEASE, IMAGE, MODEL, ENVIRONMENT)),
    }
)
"""The fields of a Deployment that say what is served: ours, whoever else wrote to them."""

Object = dict[str, Any]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where in a cluster a model is served, and how it is reached.

    Attributes:
        namespace: exists already; rolling out never makes one.
        deployment: name of the Deployment and of every object beside it.
        service: type of the Service.
        replicas: number of pods, without an autoscaler; None leaves both as `k8s/base` has them.
    """

    namespace: str
    deployment: str
    service: Literal["ClusterIP", "NodePort"] = "ClusterIP"
    replicas: int | None = None


def base_folder() -> Path:
    """The base objects that came with this installation: in the wheel, or in the source tree."""
    shipped = Path(__file__).parent / "base"
    return shipped if shipped.is_dir() else Path(__file__).parents[2] / "k8s" / "base"


def render(base: Path, change: Change, place: Place) -> tuple[Object, ...]:
    """Every object that serving `change` at `place` takes, in the order in which they are applied.

    Args:
        base: folder with a ``kustomization.yaml`` that lists the objects' files.
        change: what is to be served.
        place: where.
    """
    patched = (_patched(found, change, place) for found in _read(base))
    return tuple(one for one in patched if place.replicas is None or one["kind"] != AUTOSCALER)


def named(base: Path, place: Place) -> tuple[Object, ...]:
    """Kind and name of every object at `place`, with nothing in them: enough to find and delete them."""
    metadata = {"name": place.deployment, "namespace": place.namespace}
    kept = ("apiVersion", "kind")
    return tuple({key: found[key] for key in kept} | {"metadata": metadata} for found in _read(base))


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


def image_of(deployment: Object) -> str:
    """The reference that a Deployment's pods are made with, as it stands there."""
    containers = deployment["spec"]["template"]["spec"]["containers"]
    return str(next(found["image"] for found in containers if found["name"] == CONTAINER))


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
        one | {"spec": _scaled(one["spec"], autoscaler, deployment)} if one["kind"] == "Deployment" else one
        for one in rendered
    )


def _scaled(spec: Object, autoscaler: Object | None, deployment: Object | None) -> Object:
    first = {"replicas": autoscaler["spec"]["minReplicas"]} if autoscaler else {}
    if deployment is None:
        return first | spec
    others = {key: value for key, value in spec.items() if key != "replicas"}
    if any(holder.is_autoscaler for holder in holders.holders(deployment, holders.REPLICAS)):
        return others
    if autoscaler is None:
        return spec
    is_ours = holders.is_ours(deployment, holders.REPLICAS)
    return others | ({"replicas": deployment["spec"]["replicas"]} if is_ours else {})


def as_seen(rendered: tuple[Object, ...], deployment: Object | None) -> tuple[Object, ...]:
    """The same, the Deployment first where there is one: to be taken only while it is as it was seen."""
    if deployment is None:
        return rendered
    version = {"resourceVersion": deployment["metadata"]["resourceVersion"]}
    mine = [wanted for wanted in rendered if wanted["kind"] == "Deployment"]
    others = [wanted for wanted in rendered if wanted["kind"] != "Deployment"]
    return (*(wanted | {"metadata": wanted["metadata"] | version} for wanted in mine), *others)


def _read(base: Path) -> list[Object]:
    listing = yaml.safe_load((base / "kustomization.yaml").read_text("utf-8"))
    return [yaml.safe_load((base / name).read_text("utf-8")) for name in listing["resources"]]


def _patched(found: Object, change: Change, place: Place) -> Object:
    metadata = found["metadata"]
    metadata |= {"name": place.deployment, "namespace": place.namespace}
    metadata["annotations"] = metadata.get("annotations", {}) | annotations(change)
    for labels in _mappings(found):
        if INSTANCE_LABEL in labels:
            labels[INSTANCE_LABEL] = place.deployment
        if NAME_LABEL in labels:
            labels[NAME_LABEL] = change.model
    if found["kind"] == "Service":
        found["spec"]["type"] = place.service
    if found["kind"] == AUTOSCALER:
        found["spec"]["scaleTargetRef"]["name"] = place.deployment
    if found["kind"] == "Deployment":
        _patch_deployment(found["spec"], change, place)
    return found


def _patch_deployment(spec: Object, change: Change, place: Place) -> None:
    if place.replicas is not None:
        spec["replicas"] = place.replicas
    template = spec["template"]
    template["metadata"]["annotations"] = template["metadata"].get("annotations", {}) | annotations(change)
    template["spec"]["serviceAccountName"] = place.deployment
    for container in template["spec"]["containers"]:
        if container["name"] == CONTAINER:
            container["image"] = str(change.image)


def _mappings(found: Any) -> Iterator[Object]:
    if isinstance(found, dict):
        yield found
    children = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    for child in children:
        yield from _mappings(child)
