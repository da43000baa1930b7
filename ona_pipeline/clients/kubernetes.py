"""The connection to a Kubernetes cluster: who asks, and where, from a kubeconfig or from the pod ona runs in.

`kubernetes_client.py` has the calls, `kubernetes_errors.py` the translation of what goes wrong with them.
"""

import os
from pathlib import Path
from typing import Any

from ona_pipeline.clients.kubernetes_client import IN_CLUSTER, KubernetesClient, library
from ona_pipeline.clients.kubernetes_errors import translated
from ona_pipeline.errors import UsageError

_IN_CLUSTER = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


def is_in_cluster() -> bool:
    """Whether this process runs in a pod that has an account of its cluster."""
    return _IN_CLUSTER.is_file()


def connect(context: str = "", kubeconfig: str = "", *, own: str = "") -> KubernetesClient:
    """Read who and where from the kubeconfig, or from the pod that this process runs in; ask nothing yet.

    Args:
        context: of the kubeconfig; empty means its current one.
        kubeconfig: its path; empty means ``KUBECONFIG``, else ``~/.kube/config``, else the pod's own account.
        own: the context by which kubeconfigs know the pod's cluster; empty means that none is known to.

    Raises:
        UsageError: there is no kubeconfig and no service account, or no such context.
    """
    paths = kubeconfig or os.environ.get("KUBECONFIG") or str(Path("~/.kube/config").expanduser())
    if any(Path(path).is_file() for path in paths.split(os.pathsep)):
        return _from_file(paths, context)
    if not kubeconfig and context in {"", own} and is_in_cluster():
        return _from_pod(own or IN_CLUSTER)
    hint = "set KUBECONFIG to a kubeconfig file; `make lab` brings up a cluster on this machine"
    if is_in_cluster():
        hint = "set KUBECONFIG, or ONA_OWN_CONTEXT to what kubeconfigs call the cluster of this pod"
    raise UsageError(f"there is no kubeconfig at {paths}", hint=hint)


def _from_file(paths: str, context: str) -> KubernetesClient:
    kubernetes = library()
    with translated(f"read {paths}"):
        contexts, current = kubernetes.config.list_kube_config_contexts(paths)
        known = [entry["name"] for entry in contexts]
        name = context or current["name"]
        if name not in known:
            hint = f"{paths} knows {', '.join(known)}"
            raise UsageError(f"the kubeconfig has no context {name!r}", hint=hint)
        api = kubernetes.config.new_client_from_config(
            paths, name, persist_config=False, client_configuration=_configuration()
        )
    return KubernetesClient(api, context=name)


def _from_pod(name: str) -> KubernetesClient:
    kubernetes = library()
    configuration = _configuration()
    with translated("read the pod's service account"):
        kubernetes.config.load_incluster_config(client_configuration=configuration)
    return KubernetesClient(kubernetes.client.ApiClient(configuration), context=name)


def _configuration() -> Any:
    configuration = library().client.Configuration()
    # urllib3's own retries print to standard error, and keep an outage to themselves for long.
    configuration.retries = False
    return configuration
