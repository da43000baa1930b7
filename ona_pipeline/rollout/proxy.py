"""Asking pods and Services through the API server: from wherever the cluster can be reached, with no tunnel.

Source:
    Kubernetes, "Access Services Running on Clusters": ``…/pods/NAME:PORT/proxy/PATH``.
"""

import json

import msgspec

from ona_pipeline.clients.inference import read_answer, request_body
from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.clients.kubernetes_errors import status_of, translated
from ona_pipeline.records.digest import Digest
from ona_pipeline.rollout.answers import Asked, judged, unanswered
from ona_pipeline.rollout.interface import Change

_TIMEOUT_S = 5.0
_NO_RIGHTS = frozenset({401, 403})


def ask(client: KubernetesClient, path: str, name: str, digest: Digest | None, change: Change) -> Asked:
    """Ask one pod or Service the known question.

    Args:
        client: whose rights must hold ``create`` on ``pods/proxy`` and ``services/proxy``.
        path: of the proxy: ``/api/v1/namespaces/lab/pods/digits-x:8080/proxy``.
        name: of what is asked, for the evidence.
        digest: of the image it runs; None for a Service.
        change: has the question, its answer and the release that should give it.

    Raises:
        BackendError: the cluster is not there, or refuses to pass the question on.
    """
    from kubernetes.client import ApiException

    request = json.loads(request_body(change.question))
    with translated(f"ask {name}"):
        try:
            infer = f"{path}/v2/models/{change.model}/infer"
            body, headers = client.post(infer, request, timeout_s=_TIMEOUT_S)
        except ApiException as error:
            if not error.status or error.status in _NO_RIGHTS:
                raise
            said = status_of(error.body).get("message") or error.body or error.reason
            return unanswered(name, digest, f"{error.status} {' '.join(str(said).split())[:300]}")
    try:
        return judged(name, digest, read_answer(body, headers), change)
    except msgspec.MsgspecError as error:
        return unanswered(name, digest, str(error))
