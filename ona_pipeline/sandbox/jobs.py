"""Jobs of one namespace that live no longer than the process that made them, even where that one was killed.

The next process on the same machine deletes what a killed one left; what is left by other machines ends by
its own deadline, and Kubernetes deletes it a minute later.

Source:
    Kubernetes API reference 1.34: Job; "TTL mechanism for finished Jobs"; "Pod Security Standards",
    *restricted*.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ona_pipeline.clients.kubernetes_client import KubernetesClient, Object
from ona_pipeline.clients.owners import is_gone, this_owner

OWNER = "ona.pipeline/owner"
START_S = (
    300.0  # from the making of a Job to the start of its program: the node is found, the image is pulled
)
_KEPT_S = 60
_NAME = "app.kubernetes.io/name"
# What Pod Security "restricted" asks of a pod and of a container, and what it does not.
POD = {
    "restartPolicy": "Never",
    "automountServiceAccountToken": False,
    "enableServiceLinks": False,
    "dnsPolicy": "None",
    "dnsConfig": {"nameservers": ["127.0.0.1"]},
}
CONTAINER = {
    "imagePullPolicy": "IfNotPresent",
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    },
}


class Jobs:
    """The Jobs of one kind in one namespace.

    Args:
        client: with the rights to ``create``, ``delete`` and ``list`` Jobs, to ``list`` pods, and to ``get``
            their logs.
        namespace: where.
        kind: what they are for, such as ``ona-sandbox``: a label, by which network policies select them.
    """

    def __init__(self, client: KubernetesClient, namespace: str, kind: str) -> None:
        self.client = client
        self.namespace = namespace
        self._kind = kind
        self._jobs = f"/apis/batch/v1/namespaces/{namespace}/jobs"
        self.pods = f"/api/v1/namespaces/{namespace}/pods"

    @contextmanager
    def made(self, pod: dict[str, Any], *, deadline_s: int) -> Iterator[str]:
        """Make a Job of one pod, and give its name; it is deleted in every case, with its pod.

        Args:
            pod: its specification.
            deadline_s: when Kubernetes ends it, whether or not we live, seconds.

        Raises:
            BackendError: the cluster is not there, or does not take it.
        """
        self._remove_orphans()
        wanted = self.written(pod, deadline_s=deadline_s)
        try:
            self.client.create(wanted)
            yield wanted["metadata"]["name"]
        finally:
            self.client.delete(wanted)

    def written(self, pod: dict[str, Any], *, deadline_s: int, kept_s: int = _KEPT_S) -> Object:
        """The Job, as it is sent.

        Args:
            pod: its specification.
            deadline_s: when Kubernetes ends it, seconds.
            kept_s: how long it is kept after its end where nobody deletes it, seconds.
        """
        labels = {_NAME: self._kind, "app.kubernetes.io/part-of": "ona"}
        name = f"{self._kind.removeprefix('ona-')}-{secrets.token_hex(6)}"
        about = {"name": name, "namespace": self.namespace, "labels": labels}
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {**about, "annotations": {OWNER: this_owner()}},
            "spec": {
                "backoffLimit": 0,
                "activeDeadlineSeconds": deadline_s,
                "ttlSecondsAfterFinished": kept_s,
                "template": {"metadata": {"labels": labels}, "spec": {**POD, **pod}},
            },
        }

    def pod(self, name: str) -> Object | None:
        """The pod of a Job; None where it has none yet, or none any more.

        Raises:
            BackendError: the cluster is not there, or refuses to show it.
        """
        selected = f"batch.kubernetes.io/job-name={name}"
        found = self.client.items(self.pods, f"look at the pod of {name}", labelSelector=selected)
        return found[0] if found else None

    def _remove_orphans(self) -> None:
        action = f"look for what a killed process left ({self._kind})"
        for found in self.client.items(self._jobs, action, labelSelector=f"{_NAME}={self._kind}"):
            if is_gone((found["metadata"].get("annotations") or {}).get(OWNER, "")):
                self.client.delete({"apiVersion": "batch/v1", "kind": "Job", "metadata": found["metadata"]})
