"""What can be seen of a Deployment through the API server: the object, its pods, their logs and answers."""

from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.errors import BackendError
from ona_pipeline.records.digest import Digest
from ona_pipeline.rollout import canary_object, conditions, events, objects
from ona_pipeline.rollout.answers import Asked, other_digest
from ona_pipeline.rollout.interface import Change
from ona_pipeline.rollout.objects import Object, Place
from ona_pipeline.rollout.proxy import ask
from ona_pipeline.rollout.traffic import Counts, read_metrics
from ona_pipeline.rollout.trouble import Trouble, with_log

_LOG_LINES = "5"


class ClusterView:
    """Reads, and asks; changes nothing.

    Args:
        client: the cluster, and whose rights are used.
        place: namespace and name.
        canary: whether the canary beside the Deployment is looked at, instead of that.
    """

    def __init__(self, client: KubernetesClient, place: Place, *, canary: bool = False) -> None:
        self._client = client
        self._place = place
        self._deployment = canary_object.canary_name(place.deployment) if canary else place.deployment
        self._is = "=" if canary else "!="
        self._title = f"{place.namespace}/{self._deployment}"
        self._core = f"/api/v1/namespaces/{place.namespace}"

    def deployment(self) -> Object | None:
        """The Deployment; None where there is none."""
        path = f"/apis/apps/v1/namespaces/{self._place.namespace}/deployments/{self._deployment}"
        return self._client.get(path, f"look at Deployment {self._title}")

    def pods(self) -> list[Object]:
        """All its pods, those of earlier releases and those that drain included."""
        track = f"{canary_object.TRACK_LABEL}{self._is}{canary_object.CANARY}"
        return self._selected(f"{objects.INSTANCE_LABEL}={self._place.deployment},{track}")

    def _selected(self, selector: str) -> list[Object]:
        path = f"{self._core}/pods"
        return self._client.items(path, f"list the pods of {self._title}", labelSelector=selector)

    def ask_pod(self, pod: Object, change: Change) -> Asked:
        """The known question to one pod, past the Service."""
        name, digest = pod["metadata"]["name"], conditions.running_digest(pod)
        if digest != change.image.digest:
            return other_digest(name, digest, change)
        return ask(self._client, f"{self._core}/pods/{name}:8080/proxy", name, Digest(digest), change)

    def ask_service(self, change: Change) -> Asked:
        """The known question to whichever pod the Service picks."""
        return ask(self._client, f"{self._service}:http/proxy", "service", None, change)

    def counts(self) -> dict[str, Counts]:
        """What each ready pod has answered since it started, by its own metrics.

        Raises:
            BackendError: none of them could be asked.
        """
        found: dict[str, Counts] = {}
        failed: BackendError | None = None
        for name in [pod["metadata"]["name"] for pod in self.pods() if conditions.is_ready(pod)]:
            try:
                path = f"{self._core}/pods/{name}:8080/proxy/metrics"
                found[name] = read_metrics(self._client.text(path, f"read the metrics of {name}"))
            except BackendError as error:  # it may have ended since it was listed
                failed = error
        if failed and not found:
            raise failed
        return found

    def told(self, trouble: Trouble) -> Trouble:
        """The trouble, with what its pod's events tell of it and the last log lines of its container."""
        if not trouble.instance:
            return trouble
        explained = events.explained(trouble, self._events(trouble.instance))
        return with_log(explained, self._log(explained))

    def _events(self, pod: str) -> list[Object]:
        try:
            selector = f"involvedObject.kind=Pod,involvedObject.name={pod}"
            path = f"{self._core}/events"
            return self._client.items(path, f"read the events of {pod}", fieldSelector=selector)
        except BackendError:  # they may not be ours to read; the cause stands without them
            return []

    def _log(self, trouble: Trouble) -> str:
        query = {"container": self._place.container, "tailLines": _LOG_LINES}
        query |= {"previous": "true"} if trouble.restarted else {}
        try:
            path = f"{self._core}/pods/{trouble.instance}/log"
            return self._client.text(path, f"read the log of {trouble.instance}", **query)
        except BackendError:  # a log may be gone, or not ours to read; the cause stands without it
            return ""

    @property
    def _service_name(self) -> str:
        return self._place.service_name or self._place.deployment

    @property
    def _service(self) -> str:
        return f"{self._core}/services/{self._service_name}"

    def address(self, pods: list[Object]) -> str:
        """Where people reach the Service: a port of the pods' node, else its name inside the cluster."""
        if self._place.service == "NodePort":
            service = self._client.get(self._service, f"look at Service {self._title}")
            hosts = [host for pod in pods if (host := pod.get("status", {}).get("hostIP"))]
            if service and hosts:
                return f"http://{hosts[0]}:{service['spec']['ports'][0]['nodePort']}"
        return f"http://{self._place.service_name or self._place.deployment}.{self._place.namespace}.svc"
