"""When Kubernetes itself knew that something was wrong, by its own times; independent of what ona sees."""

import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Self

from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.errors import BackendError

Object = dict[str, Any]
# What the kubelet, the scheduler and the controllers write when they meet trouble.
_REASONS = frozenset({"Failed", "BackOff", "Unhealthy", "FailedScheduling", "FailedCreate"})
_PAUSE_S = 0.3


class Witness:
    """Looks at a Deployment's newer pods while the block lasts, and at the events that it left.

    Args:
        client: with an administrator's rights, past any front that a test breaks.
        namespace: of the Deployment.
        deployment: its name.
    """

    def __init__(self, client: KubernetesClient, namespace: str, deployment: str) -> None:
        self._client = client
        self._core = f"/api/v1/namespaces/{namespace}"
        self._deployment = deployment
        self._older = {pod["metadata"]["name"] for pod in self._pods()}
        self._known = {self._key(event) for event in self._events()}
        self._ended: list[datetime] = []
        self._over = threading.Event()
        self._looking = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._looking.join()

    def known_at(self) -> datetime:
        """The first time of a container's end, or of an event of trouble; rounded down to seconds."""
        told = [
            _time(event)
            for event in self._events()
            if event["reason"] in _REASONS and self._key(event) not in self._known
        ]
        return min([*self._ended, *told])

    def _look(self) -> None:
        while not self._over.wait(_PAUSE_S):
            try:
                self._ended += [at for pod in self._pods() for at in self._ends(pod)]
            except BackendError:
                continue

    def _ends(self, pod: Object) -> Iterator[datetime]:
        if pod["metadata"]["name"] in self._older:
            return
        for status in pod["status"].get("containerStatuses") or []:
            for state in (status.get("state", {}), status.get("lastState", {})):
                if "terminated" in state and state["terminated"].get("finishedAt"):
                    yield datetime.fromisoformat(state["terminated"]["finishedAt"])

    def _pods(self) -> list[Object]:
        selector = f"app.kubernetes.io/instance={self._deployment}"
        return self._client.items(f"{self._core}/pods", "list pods", labelSelector=selector)

    def _events(self) -> list[Object]:
        events = self._client.items(f"{self._core}/events", "list events")
        mine = [one for one in events if one["involvedObject"]["name"].startswith(f"{self._deployment}-")]
        return [one for one in mine if one["involvedObject"]["name"] not in self._older]

    @staticmethod
    def _key(event: Object) -> tuple[str, int]:
        return event["metadata"]["name"], event.get("count") or 1


def _time(event: Object) -> datetime:
    return datetime.fromisoformat(event.get("firstTimestamp") or event["eventTime"])
