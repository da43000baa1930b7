"""What every Deployment has in common as a target: looked at, changed as it was seen, judged pod by pod.

`kubernetes.py` is a Deployment that ona makes, `adopted.py` one that its owner made.
"""

from abc import ABC, abstractmethod

import msgspec

from ona_pipeline.clients.kubernetes_client import IN_CLUSTER, KubernetesClient
from ona_pipeline.clients.kubernetes_errors import ChangedMeanwhileError
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.rollout import rights
from ona_pipeline.rollout.interface import Change, Condition, Serving, Terms
from ona_pipeline.rollout.look import Look, condition_of, look
from ona_pipeline.rollout.objects import Object, Place, serving_of
from ona_pipeline.rollout.trouble import service_trouble
from ona_pipeline.rollout.view import ClusterView

_LOOKS = 10


class DeploymentTarget(ABC):
    """One Deployment.

    Args:
        client: the cluster, and whose rights are used.
        place: namespace, name, and what is set there.
    """

    def __init__(self, client: KubernetesClient, place: Place) -> None:
        self._client = client
        self._place = place

    @property
    @abstractmethod
    def _there(self) -> Place:
        """Where the Deployment really is."""

    @property
    @abstractmethod
    def _view(self) -> ClusterView:
        """What is seen of it."""

    @abstractmethod
    def objects(self, change: Change) -> Digest:
        """See `Target.objects`."""

    @abstractmethod
    def _in_the_way(self, found: Object | None, terms: Terms | None) -> Finding | None:
        """Why nothing may be applied here."""

    @abstractmethod
    def _send(self, change: Change, found: Object | None) -> None:
        """Have the cluster take `change`, while the Deployment is as it was found."""

    @abstractmethod
    def _wanted(self, change: Change) -> tuple[Object, ...]:
        """Every object that is applied, as far as it is known without the cluster."""

    @property
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

    def serving(self) -> Serving | None:
        """The image and release of the Deployment.

        Raises:
            BackendError: the cluster is not there.
        """
        found = self._view.deployment()
        serving = serving_of(found, self._place.container)
        if found is None or serving is None or found["spec"]["replicas"]:
            return serving
        return msgspec.structs.replace(serving, wake=self._wake())

    def apply(self, change: Change, terms: Terms | None = None) -> Finding | None:
        """Apply it after a dry run: where that is refused, nothing was touched.

        A Deployment that is there is changed only while it is as it was looked at; its controller and its
        autoscaler write to it too, so the first look may not do.

        Raises:
            BackendError: the cluster is not there or refuses, or somebody else owns a field.
        """
        if terms:  # the way back is tried in any case
            self._must_be_allowed(change)
        for _ in range(_LOOKS):
            found = self._view.deployment()
            serving = serving_of(found, self._place.container)
            if terms and (broken := terms.broken_by(self.objects(change), serving)):
                return broken
            if theirs := self._in_the_way(found, terms):
                return theirs
            try:
                self._send(change, found)
            except ChangedMeanwhileError as error:
                last = error
            else:
                return None
        raise last

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

    def _must_be_allowed(self, change: Change) -> None:
        """Whatever a rollout takes, and the way back from it, before anything is touched."""
        is_first = self._view.deployment() is None
        needed = rights.to_apply(self._wanted(change), is_first=is_first)
        rights.must_be_held(self._client, self._there.namespace, (*needed, *rights.ASKING))

    def _wake(self) -> str:
        context = self._client.context
        where = "" if context == IN_CLUSTER else f"--context {context} "
        where = f"{where}--namespace {self._there.namespace}"
        return f"kubectl {where} scale deployment {self._there.deployment} --replicas 2"
