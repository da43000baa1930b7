"""A Deployment in Kubernetes and the objects beside it, as a target: all made, and taken away, by ona."""

from functools import cached_property
from pathlib import Path

from ona_pipeline.clients.kubernetes_client import KubernetesClient, path_of, title
from ona_pipeline.records.canonical import digest_of
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.rollout import in_the_way, objects, sending, template
from ona_pipeline.rollout.deployment import DeploymentTarget
from ona_pipeline.rollout.interface import Canary, Change, Terms
from ona_pipeline.rollout.kubernetes_canary import KubernetesCanary
from ona_pipeline.rollout.objects import Object, Place
from ona_pipeline.rollout.view import ClusterView


class KubernetesTarget(DeploymentTarget):
    """One Deployment and the objects beside it.

    Args:
        client: the cluster, and whose rights are used.
        place: namespace, name, type of the Service.
        base: folder of the base objects, or of an overlay; None means the base that came with ona.
    """

    def __init__(self, client: KubernetesClient, place: Place, *, base: Path | None = None) -> None:
        super().__init__(client, place)
        self._base = base or objects.base_folder()

    @cached_property
    def _there(self) -> Place:
        return objects.placed(template.read(self._base), self._place)

    @cached_property
    def _view(self) -> ClusterView:
        return ClusterView(self._client, self._there)

    def objects(self, change: Change) -> Digest:
        """The digest of the objects that `apply` would send."""
        return digest_of(self._wanted(change))

    def remove(self) -> None:
        """Delete every object that ona made here, in reverse order.

        Raises:
            BackendError: the cluster is not there, or refuses.
        """
        for wanted in reversed(objects.named(self._base, self._place)):
            found = self._client.get(path_of(wanted), f"look for {title(wanted)}")
            if found and objects.release_of(found) and not objects.adopted_image(found):
                self._client.delete(wanted)

    def canary(self) -> Canary:
        """A second Deployment, whose pods are behind the same Service."""
        return KubernetesCanary(
            self._client, self._place, self._there, self._base, name=f"{self.name}-canary"
        )

    def _wanted(self, change: Change) -> tuple[Object, ...]:
        return objects.render(self._base, change, self._place)

    def _in_the_way(self, found: Object | None, terms: Terms | None) -> Finding | None:
        """What is there belongs to somebody else."""
        del terms
        if found and (not objects.release_of(found) or objects.adopted_image(found)):
            hint = (
                "give the environment a namespace, or by an overlay a name, of its own; or: ona adopt --help"
            )
            return in_the_way.not_ours(found, self.name, hint=hint)
        return in_the_way.foreign(self._view.pods(), self._there, self.name)

    def _send(self, change: Change, found: Object | None) -> None:
        """Every object, the Deployment first where there is one; all of them as a dry run before that."""
        rendered = self._wanted(change)
        wanted = sending.as_seen(sending.scaled(rendered, found), found)
        for dry_run in (True, False):
            for one in wanted:
                self._client.apply(one, dry_run=dry_run, ours=objects.ours())
