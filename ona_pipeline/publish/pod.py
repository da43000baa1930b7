"""Starts images as pods of a cluster, confined as on a target, and asks them through its API server.

Source:
    Kubernetes, "Access Services Running on Clusters": ``…/pods/NAME:PORT/proxy/PATH``.
"""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import msgspec

from ona_pipeline.clients.inference import Answer, read_answer, request_body
from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.clients.kubernetes_errors import translated
from ona_pipeline.errors import BackendError
from ona_pipeline.records.question import Question
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.sandbox.jobs import CONTAINER, START_S, Jobs
from ona_pipeline.sandbox.pod_state import lost, state_of

KIND = "ona-trial"
_PORT = 8080
_PAUSE_S = 0.15
_LAST_LINES = 3
_ANSWER_S = 10.0
_DEADLINE_S = 600
_USER = 65532  # of every serving image
_RESOURCES = {
    "requests": {"cpu": "100m", "memory": "192Mi", "ephemeral-storage": "16Mi"},
    "limits": {"cpu": "1", "memory": "2Gi", "ephemeral-storage": "64Mi"},
}


class PodStarter:
    """Starts images as Jobs.

    Args:
        client: with the rights of `Jobs`, and to ``create`` on ``pods/proxy``.
        namespace: where.
        instead_of: what keeps an engine from it; told too where the cluster does not do it either.
    """

    def __init__(
        self, client: KubernetesClient, namespace: str, *, instead_of: BackendError | None = None
    ) -> None:
        self._jobs = Jobs(client, namespace, KIND)
        self._instead_of = instead_of

    @contextmanager
    def started(self, image: PinnedReference) -> Iterator["RunningPod"]:
        """Start an image by its digest; nothing of it is left in the cluster at the end, in every case.

        Raises:
            BackendError: the cluster is not there, or could not pull or start it.
        """
        with ExitStack() as stack:
            try:
                name = stack.enter_context(self._jobs.made(_pod(image), deadline_s=_DEADLINE_S))
            except BackendError as error:
                raise self._with_the_engine(error) from error
            yield RunningPod(self._jobs, name, self._begun(name))

    def _with_the_engine(self, error: BackendError) -> BackendError:
        if self._instead_of is None:
            return error
        message = f"{self._instead_of.message}; and in the cluster: {error.message}"
        return BackendError(message, hint=error.hint, retryable=error.retryable)

    def _begun(self, name: str) -> str:
        """The name of the pod, once its container has been started."""
        deadline = time.monotonic() + START_S
        while True:
            pod = self._jobs.pod(name)
            state = state_of(pod)
            if state.at != "waiting" and pod is not None:
                return str(pod["metadata"]["name"])
            if state.is_hopeless or time.monotonic() > deadline:
                raise lost(name, state)
            time.sleep(_PAUSE_S)


class RunningPod:
    """A pod that was started.

    Args:
        jobs: where.
        job: the name of its Job.
        pod: its own name.
    """

    def __init__(self, jobs: Jobs, job: str, pod: str) -> None:
        self._jobs = jobs
        self._job = job
        self._pod = f"{jobs.pods}/{pod}"
        self._proxy = f"{self._pod}:{_PORT}/proxy"

    def ask(self, model: str, question: Question) -> Answer:
        """Ask the server in it.

        Raises:
            BackendError: it gives no answer; retryable while it may still be starting.
        """
        request = json.loads(request_body(question))
        with translated("ask the published image", "the API server"):
            path = f"{self._proxy}/v2/models/{model}/infer"
            body, headers = self._jobs.client.post(path, request, timeout_s=_ANSWER_S)
        try:
            return read_answer(body, headers)
        except msgspec.MsgspecError as error:
            raise BackendError(f"the published image gave no inference response: {error}") from error

    def last_words(self) -> str | None:
        """None while it runs; once it has ended, the end of what it said."""
        if state_of(self._jobs.pod(self._job)).at != "over":
            return None
        action = "read what the published image said"
        return self._jobs.client.text(f"{self._pod}/log", action, tailLines=str(_LAST_LINES)).strip()


def _pod(image: PinnedReference) -> dict[str, Any]:
    return {
        "terminationGracePeriodSeconds": 1,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                **CONTAINER,
                "name": "trial",
                "image": image,
                "ports": [{"containerPort": _PORT}],
                "resources": _RESOURCES,
            }
        ],
    }
