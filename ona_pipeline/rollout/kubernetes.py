"""A Kubernetes Deployment as a target: applied, judged pod by pod, taken away."""

from functools import cached_property
from pathlib import Path

import msgspec

from ona_pipeline.clients.kubernetes_client import IN_CLUSTER, KubernetesClient, path_of, title
from ona_pipeline.clients.kubernetes_errors import ChangedMeanwhileError
from ona_pipeline.records.canonical import digest_of
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.rollout import in_the_way, objects, sending, template
from ona_pipeline.rollout.interface import Canary, Change, Condition, Serving, Terms
from ona_pipeline.rollout.kubernetes_canary import KubernetesCanary
from ona_pipeline.rollout.look import Look, condition_of, look
from ona_pipeline.rollout.objects import Object, Place, serving_of
from ona_pipeline.rollout.trouble import service_trouble
from ona_pipeline.rollout.view import ClusterView

_LOOKS = 10


class KubernetesTarget:
    """One Deployment and the objects beside it.

    Args:
        client: the cluster, and whose rights are used.
        place: namespace, name, type of the Service.
        base: folder of the base objects, or of an overlay; None means the base that came with ona.
    """

    def __init__(self, client: KubernetesClient, place: Place, *, base: Path | None = None) -> None:
        self._client = client
        self._place = place
        self._base = base or objects.base_folder()

    @cached_property
    def _there(self) -> Place:
        return objects.placed(template.read(self._base), self._place)

    @cached_property
    def _view(self) -> ClusterView:
        return ClusterView(self._client, self._there)

    @cached_property
    def name(self) -> str:
        """For people and bindings: ``kubernetes lab/digits/deployment/digits``."""
        return (
            f"kubernetes {self._client.context}/{self._there.namespace}/deployment/{self._there.deployment}"
        )

    @property
    def place(self) -> str:
        """See `Target.place`: the cluster's server and authority instead of the context's name."""
        where = f"{self._place.namespace}/deployment/{self._place.deployment}"
        return f"kubernetes {self._client.cluster}/{where}"

    def objects(self, change: Change) -> Digest:
        """The digest of the objects that `apply` would send."""
        return digest_of(objects.render(self._base, change, self._place))

    def serving(self) -> Serving | None:
        """The image and release of the Deployment.

        Raises:
            BackendError: the cluster is not there.
        """
        found = self._view.deployment()
        serving = serving_of(found)
        if found is None or serving is None or found["spec"]["replicas"]:
            return serving
        return msgspec.structs.replace(serving, wake=self._wake())

    def apply(self, change: Change, terms: Terms | None = None) -> Finding | None:
        """Apply every object, after a dry run of all: where one is refused, none of them was touched.

        A Deployment that is there goes first, and only while it is as it was looked at; its controller and
        its autoscaler write to it too, so the first look may not do.

        Raises:
            BackendError: the cluster is not there or refuses, or somebody else owns a field.
        """
        rendered = objects.render(self._base, change, self._place)
        for _ in range(_LOOKS):
            found = self._view.deployment()
            if terms and (broken := terms.broken_by(digest_of(rendered), serving_of(found))):
                return broken
            if theirs := self._in_the_way(found):
                return theirs
            try:
                self._send(sending.as_seen(sending.scaled(rendered, found), found))
            except ChangedMeanwhileError as error:
                last = error
            else:
                return None
        raise last

    def remove(self) -> None:
        """Delete every object that ona made here, in reverse order.

        Raises:
            BackendError: the cluster is not there, or refuses.
        """
        for wanted in reversed(objects.named(self._base, self._place)):
            found = self._client.get(path_of(wanted), f"look for {title(wanted)}")
            if found and objects.release_of(found):
                self._client.delete(wanted)

    def condition(self, change: Change) -> Condition:
        """Look at the Deployment and its pods, and ask each that is ready; then the Service, too.

        Raises:
            BackendError: the cluster is not there, or refuses to show them.
        """
        seen = look(self._view, change, self.name)
        if seen.trouble is None:
            asked = self._view.ask_service(change)
            seen = Look(service_trouble(asked), (*seen.asked, asked), seen.pods)
        return condition_of(seen, self._view, self.name, address=self._view.address(list(seen.pods)))

    def canary(self) -> Canary:
        """A second Deployment, whose pods are behind the same Service."""
        return KubernetesCanary(
            self._client, self._place, self._there, self._base, name=f"{self.name}-canary"
        )

    def _in_the_way(self, found: Object | None) -> Finding | None:
        """Why nothing may be applied here: what is there belongs to somebody else."""
        if found and not objects.release_of(found):
            hint = "give the environment a namespace, or by an overlay a name, of its own"
            return in_the_way.not_ours(found, self.name, hint=hint)
        return in_the_way.foreign(self._view.pods(), self._there, self.name)

    def _wake(self) -> str:
        context = self._client.context
        where = "" if context == IN_CLUSTER else f"--context {context} "
        where = f"{where}--namespace {self._there.namespace}"
        return f"kubectl {where} scale deployment {self._there.deployment} --replicas 2"

    def _send(self, wanted: tuple[Object, ...]) -> None:
        for dry_run in (True, False):
            for one in wanted:
                self._client.apply(one, dry_run=dry_run, ours=objects.OURS)
