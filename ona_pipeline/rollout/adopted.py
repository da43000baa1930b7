"""A Deployment that its owner made and ona took over: the image, ona's annotations and what policy names.

Everything else, the objects beside it too, stays its owner's. Nothing of it is ever made or deleted here.
"""

from functools import cached_property
from typing import Any

from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.errors import BackendError
from ona_pipeline.records.canonical import digest_of
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.rollout import holders, objects
from ona_pipeline.rollout.adopted_view import AdoptedView
from ona_pipeline.rollout.deployment import DeploymentTarget
from ona_pipeline.rollout.interface import Change, Terms
from ona_pipeline.rollout.objects import Object, Place

LET_GO = (
    "let it go there: take the image out of what is applied, and apply it with `kubectl apply --server-side`"
)


class AdoptedTarget(DeploymentTarget):
    """One Deployment of somebody else's.

    Args:
        client: the cluster, and whose rights are used.
        place: of the Deployment and its Service, and the name of the container that serves.
        model: the model's name.
        environment: the environment's name.
    """

    def __init__(self, client: KubernetesClient, place: Place, *, model: str, environment: str) -> None:
        super().__init__(client, place)
        self._whose = {objects.MODEL: model, objects.ENVIRONMENT: environment}

    @property
    def container(self) -> str:
        """The name of the one that serves."""
        return self._place.container

    @property
    def _there(self) -> Place:
        return self._place

    @cached_property
    def _view(self) -> AdoptedView:
        return AdoptedView(self._client, self._place)

    def objects(self, change: Change) -> Digest:
        """The digest of the fields that `apply` would send."""
        return digest_of(self._serving(change))

    def remove(self) -> None:
        """Let the image of its owner's serve again; nothing is deleted.

        Raises:
            BackendError: the cluster is not there, or refuses.
        """
        found = self._view.deployment()
        if found and objects.release_of(found) and (image := objects.adopted_image(found)):
            self._apply(self.taken(image))

    def canary(self) -> None:
        """None: what a second Deployment would need beside this one is its owner's to say."""

    def found(self) -> Object | None:
        """The Deployment, as it is in the cluster.

        Raises:
            BackendError: the cluster is not there.
        """
        return self._view.deployment()

    def has_service(self) -> bool:
        """Whether the Service is there that is asked.

        Raises:
            BackendError: the cluster is not there.
        """
        return bool(self._view.service_port())

    def foreign(self) -> Finding | None:
        """Another Deployment's pods, where the selector finds such.

        Raises:
            BackendError: the cluster is not there.
        """
        return self._view.foreign(self.name)

    def is_whose(self, found: Object) -> bool:
        """Whether a Deployment that was adopted was it for this model and environment."""
        annotations = found["metadata"].get("annotations") or {}
        return all(annotations.get(key) == value for key, value in self._whose.items())

    def declaring(self, found: Object) -> tuple[str, ...]:
        """Who else would set the image again."""
        named = f'k:{{"name":"{self._place.container}"}}'
        path = ("f:spec", "f:template", "f:spec", "f:containers", named, "f:image")
        return holders.declaring(found, path)

    def taken(self, image: str) -> Object:
        """The fields that are ona's once it is adopted; by them no pod is made anew.

        Args:
            image: that the Deployment has of its owner's.
        """
        return self._fields(self._whose | {objects.ADOPTED: image}, {}, image)

    def take(self, wanted: Object, *, dry_run: bool) -> Object:
        """Apply, and take nothing from anybody by force.

        Raises:
            BackendError: the cluster is not there or refuses, or somebody else owns a field.
        """
        return self._client.apply(wanted, dry_run=dry_run)

    def _wanted(self, change: Change) -> tuple[Object, ...]:
        return (self._serving(change),)

    def _in_the_way(self, found: Object | None, terms: Terms | None) -> Finding | None:
        """It is not there, not ours to change, or somebody else would set its image back."""
        if found is None or not objects.adopted_image(found) or not self.is_whose(found):
            sentence = f"Deployment {self._title} was not adopted for {' in '.join(self._whose.values())}"
            hint = f"ona adopt {self._whose[objects.MODEL]} --env {self._whose[objects.ENVIRONMENT]}"
            return Finding("not-adopted", self.name, sentence, hint=hint)
        if terms and (others := self.declaring(found)):
            sentence = f"the image of container {self._place.container} is held by {', '.join(others)} too"
            return Finding("held-by-another", self.name, sentence, hint=LET_GO)
        return self.foreign()

    def _send(self, change: Change, found: Object | None) -> None:
        if found is None:
            raise BackendError(
                f"Deployment {self._title} is gone",
                hint="apply it again: what was adopted is never made anew by ona",
            )
        wanted = self._serving(change)
        theirs = objects.adopted_image(found) if objects.release_of(found) else self._image(found)
        wanted["metadata"]["annotations"][objects.ADOPTED] = theirs
        wanted["metadata"]["resourceVersion"] = found["metadata"]["resourceVersion"]
        self._apply(wanted)

    def _apply(self, wanted: Object) -> None:
        for dry_run in (True, False):
            self._client.apply(wanted, dry_run=dry_run, ours=objects.ours(self._place.container))

    def _serving(self, change: Change) -> Object:
        marks = objects.annotations(change)
        return self._fields(marks, marks | {objects.SERVES: self._place.container}, str(change.image))

    def _fields(self, marks: dict[str, str], of_pods: dict[str, str], image: str) -> Object:
        pods: dict[str, Any] = {"spec": {"containers": [{"name": self._place.container, "image": image}]}}
        if of_pods:
            pods["metadata"] = {"annotations": of_pods}
        metadata = {"name": self._place.deployment, "namespace": self._place.namespace}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata | {"annotations": dict(marks)},
            "spec": {"minReadySeconds": self._place.min_ready_s, "template": pods},
        }

    def _image(self, found: Object) -> str:
        return objects.image_of(found, self._place.container)

    @property
    def _title(self) -> str:
        return f"{self._place.namespace}/{self._place.deployment}"
