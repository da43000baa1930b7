"""A Kubernetes Deployment as a target: applied, judged pod by pod, taken away."""

from pathlib import Path

from ona_pipeline.clients.kubernetes_client import KubernetesClient, path_of
from ona_pipeline.errors import BackendError
from ona_pipeline.records.canonical import digest_of
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.rollout import conditions, objects
from ona_pipeline.rollout.answers import Asked
from ona_pipeline.rollout.interface import Change, Condition, Serving
from ona_pipeline.rollout.objects import Object, Place
from ona_pipeline.rollout.trouble import Trouble, answer_trouble, service_trouble, worst
from ona_pipeline.rollout.view import ClusterView


class KubernetesTarget:
    """One Deployment and the objects beside it.

    Args:
        client: the cluster, and whose rights are used.
        place: namespace, name, type of the Service.
        base: folder of the base objects; None means those that came with ona.
    """

    def __init__(self, client: KubernetesClient, place: Place, *, base: Path | None = None) -> None:
        self._client = client
        self._place = place
        self._base = base or objects.base_folder()
        self._view = ClusterView(client, place)

    @property
    def name(self) -> str:
        """For people and bindings: ``kubernetes lab/digits/deployment/digits``."""
        return (
            f"kubernetes {self._client.context}/{self._place.namespace}/deployment/{self._place.deployment}"
        )

    def objects(self, change: Change) -> Digest:
        """The digest of the objects that `apply` would send."""
        return digest_of(objects.render(self._base, change, self._place))

    def serving(self) -> Serving | None:
        """The image and release of the Deployment.

        Raises:
            BackendError: the cluster is not there, or somebody set an image that can move.
        """
        deployment = self._view.deployment()
        if deployment is None or not (release := objects.release_of(deployment)):
            return None
        containers = deployment["spec"]["template"]["spec"]["containers"]
        image = next(found["image"] for found in containers if found["name"] == objects.CONTAINER)
        try:
            return Serving(PinnedReference(image), release)
        except ValueError as error:
            hint = "`ona rollback` or the next release sets it again"
            raise BackendError(f"{self.name} was changed outside ona: {error}", hint=hint) from error

    def apply(self, change: Change) -> None:
        """Apply every object, after a dry run of all: where one is refused, none of them was touched.

        Raises:
            BackendError: the cluster is not there or refuses, or somebody else owns a field.
        """
        rendered = objects.render(self._base, change, self._place)
        for dry_run in (True, False):
            for wanted in rendered:
                self._client.apply(wanted, dry_run=dry_run)

    def remove(self) -> None:
        """Delete every object that ona made here, the Deployment first.

        Raises:
            BackendError: the cluster is not there, or refuses.
        """
        for wanted in reversed(objects.named(self._base, self._place)):
            found = self._client.get(path_of(wanted), f"look for {wanted['kind']} {self._place.deployment}")
            if found and objects.release_of(found):
                self._client.delete(wanted)

    def condition(self, change: Change) -> Condition:
        """Look at the Deployment and its pods, and ask each that is ready; then the Service, too.

        Raises:
            BackendError: the cluster is not there, or refuses to show them.
        """
        deployment = self._view.deployment()
        if deployment is None:
            return self._seen(Trouble("not-applied", f"{self.name} does not exist"), [], [])
        pods = self._view.pods()
        new, old = conditions.sorted_out(pods, objects.annotations(change))
        asked = [self._view.ask_pod(pod, change) for pod in new if conditions.is_ready(pod)]
        trouble = worst(
            conditions.deployment_trouble(deployment, pods, new),
            *map(conditions.pod_trouble, new),
            *map(answer_trouble, asked),
            conditions.progress(deployment, new, old),
        )
        if trouble is None:
            asked.append(self._view.ask_service(change))
            trouble = service_trouble(asked[-1])
        return self._seen(trouble, asked, pods)

    def _seen(self, trouble: Trouble | None, asked: list[Asked], pods: list[Object]) -> Condition:
        return Condition(
            well=trouble is None,
            cause=trouble.cause if trouble else "",
            sentence=self._view.told(trouble) if trouble else f"{self.name} is well",
            hopeless=trouble is not None and trouble.hopeless,
            instances=tuple(one.instance for one in asked),
            address=self._view.address(pods),
        )
