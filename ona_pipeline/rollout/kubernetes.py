"""A Kubernetes Deployment as a target: applied, judged pod by pod, taken away."""

from functools import cached_property
from pathlib import Path

import msgspec

from ona_pipeline.clients.kubernetes_client import IN_CLUSTER, KubernetesClient, path_of, title
from ona_pipeline.clients.kubernetes_errors import ChangedMeanwhileError
from ona_pipeline.records.canonical import digest_of
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.rollout import conditions, objects, sending, template
from ona_pipeline.rollout.answers import Asked
from ona_pipeline.rollout.interface import Change, Condition, Serving, Terms
from ona_pipeline.rollout.objects import Object, Place
from ona_pipeline.rollout.trouble import Trouble, answer_trouble, service_trouble, worst
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
        serving = _serving(found)
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
            if terms and (broken := terms.broken_by(digest_of(rendered), _serving(found))):
                return broken
            if in_the_way := self._in_the_way(found):
                return in_the_way
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

    def _in_the_way(self, found: Object | None) -> Finding | None:
        """Why nothing may be applied here: what is there belongs to somebody else."""
        there = f"{self._there.namespace}/{self._there.deployment}"
        if found and not objects.release_of(found):
            names = ", ".join(one["name"] for one in found["spec"]["template"]["spec"]["containers"])
            sentence = (
                f"Deployment {there} is not ona's: wanted none, or one that ona made, found one with {names}"
            )
            hint = "give the environment a namespace, or by an overlay a name, of its own"
            return Finding("not-ours", self.name, sentence, hint=hint)
        for pod in self._view.pods():
            if objects.MODEL not in (pod["metadata"].get("annotations") or {}):
                sentence = (
                    f"pod {pod['metadata']['name']} is not ona's, and has the label by which {there} selects"
                )
                hint = (
                    f"take the label {objects.INSTANCE_LABEL} from those pods, or use a namespace of its own"
                )
                return Finding("foreign-pods", self.name, sentence, hint=hint)
        return None

    def _wake(self) -> str:
        context = self._client.context
        where = "" if context == IN_CLUSTER else f"--context {context} "
        where = f"{where}--namespace {self._there.namespace}"
        return f"kubectl {where} scale deployment {self._there.deployment} --replicas 2"

    def _send(self, wanted: tuple[Object, ...]) -> None:
        for dry_run in (True, False):
            for one in wanted:
                self._client.apply(one, dry_run=dry_run, ours=objects.OURS)

    def _seen(self, trouble: Trouble | None, asked: list[Asked], pods: list[Object]) -> Condition:
        told = self._view.told(trouble) if trouble else None
        return Condition(
            well=told is None,
            cause=told.cause if told else "",
            sentence=told.sentence if told else f"{self.name} is well",
            hopeless=told is not None and told.hopeless,
            instances=tuple(one.instance for one in asked),
            address=self._view.address(pods),
        )


def _serving(deployment: Object | None) -> Serving | None:
    if deployment is None or not (release := objects.release_of(deployment)):
        return None
    return Serving(objects.image_of(deployment), release)
