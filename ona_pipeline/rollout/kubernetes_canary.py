"""A canary in Kubernetes: a small Deployment of its own, whose pods the same Service finds."""

from pathlib import Path

from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.records.finding import Finding
from ona_pipeline.rollout import canary_object, in_the_way, objects
from ona_pipeline.rollout.interface import Change, Condition, Serving
from ona_pipeline.rollout.look import condition_of, look
from ona_pipeline.rollout.objects import Object, Place
from ona_pipeline.rollout.traffic import Traffic
from ona_pipeline.rollout.view import ClusterView


class KubernetesCanary:
    """The Deployment ``NAME-canary`` beside a Deployment.

    Args:
        client: the cluster, and whose rights are used.
        place: what is rendered for.
        there: where the Deployment that it stands beside really is, with an overlay's prefix and suffix.
        base: folder of the base objects.
        name: for people.
    """

    def __init__(
        self, client: KubernetesClient, place: Place, there: Place, base: Path, *, name: str
    ) -> None:
        self._client = client
        self._place = place
        self._there = there
        self._base = base
        self._view = ClusterView(client, there, canary=True)
        self._others = ClusterView(client, there)
        self.name = name

    def serving(self) -> Serving | None:
        """The image and release of the canary.

        Raises:
            BackendError: the cluster is not there.
        """
        found = self._view.deployment()
        return objects.serving_of(found) if canary_object.is_canary(found) else None

    def is_alone(self) -> bool:
        """Whether there is no Deployment to stand beside, or somebody stopped all of it.

        Raises:
            BackendError: the cluster is not there.
        """
        return not self._beside()

    def apply(self, change: Change, share: float) -> Finding | None:
        """Make it, or leave it as it is; another Deployment of that name is left alone.

        Raises:
            BackendError: the cluster is not there or refuses.
        """
        if theirs := self._in_the_way():
            return theirs
        rendered = objects.render(self._base, change, self._place)
        wanted = canary_object.canary_of(rendered, beside=self._beside(), share=share)
        for dry_run in (True, False):
            self._client.apply(wanted, dry_run=dry_run, ours=objects.ours())
        return None

    def remove(self) -> None:
        """Delete it, and in the background its pods, which drain.

        Raises:
            BackendError: the cluster is not there, or refuses.
        """
        if canary_object.is_canary(self._view.deployment()):
            self._client.delete(self._named)

    def condition(self, change: Change) -> Condition:
        """Look at the canary and its pods, and ask each that is ready.

        Raises:
            BackendError: the cluster is not there, or refuses to show them.
        """
        return condition_of(look(self._view, change, self.name), self._view, self.name)

    def steady(self, change: Change) -> Condition:
        """The same, and nobody is asked.

        Raises:
            BackendError: the cluster is not there, or refuses to show them.
        """
        return condition_of(look(self._view, change, self.name, asks=False), self._view, self.name)

    def traffic(self) -> Traffic:
        """The counters that every ready pod shows at ``/metrics``.

        Raises:
            BackendError: the cluster is not there, or refuses to pass the request on.
        """
        return Traffic(self._view.counts(), self._others.counts())

    def _beside(self) -> int:
        """Number of pods that the Deployment wants."""
        found = self._others.deployment()
        return int(found["spec"]["replicas"]) if found else 0

    def _in_the_way(self) -> Finding | None:
        """Why there may be no canary here: what it would take, or stand beside, is somebody else's."""
        beside, found = self._others.deployment(), self._view.deployment()
        if beside and not objects.release_of(beside):
            hint = "give the environment a namespace, or by an overlay a name, of its own"
            return in_the_way.not_ours(beside, self.name, hint=hint)
        if found and not canary_object.is_canary(found):
            hint = "rename it, or take `canary` out of the environment's policy"
            return in_the_way.not_ours(found, self.name, hint=hint)
        return in_the_way.foreign(self._others.pods(), self._there, self.name)

    @property
    def _named_as(self) -> str:
        return canary_object.canary_name(self._there.deployment)

    @property
    def _named(self) -> Object:
        metadata = {"name": self._named_as, "namespace": self._there.namespace}
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}
