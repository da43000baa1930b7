"""The few calls to a Kubernetes cluster that a rollout needs.

Objects go in and come out as plain dicts, in the shape that their YAML has: what is applied is what was
read from `k8s/base`, patched, with no second model of it in between.

Source:
    Kubernetes API reference 1.34; "Server-Side Apply"; "Access Services Running on Clusters".
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ona_pipeline.clients.kubernetes_errors import contested, translated
from ona_pipeline.records.digest import Digest

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

FIELD_MANAGER = "ona"
IN_CLUSTER = "in-cluster"
"""What stands for the context of a pod that asks its own cluster."""
_TIMEOUT_S = (5.0, 30.0)  # to connect, to read
_NOT_FOUND = 404  # Kubernetes API conventions, "HTTP Status codes"

Object = dict[str, Any]


class KubernetesClient:
    """A connection to one cluster, with the rights of one user.

    Args:
        api: configured for the cluster.
        context: the kubeconfig's name for it, or ``in-cluster``.

    Attributes:
        context: as above.
        cluster: the same for every context that leads to this server under this certificate authority.
    """

    def __init__(self, api: "ApiClient", *, context: str) -> None:
        # Its requests are the same in every version of the package; discovery would cost three more of them.
        self._dynamic = library().dynamic.DynamicClient(api, discoverer=lambda _client, _cache: None)
        self._server = f"the cluster at {api.configuration.host}"
        self.context = context
        self.cluster = _identity(api.configuration)

    def get(self, path: str, action: str) -> Object | None:
        """The object at `path`; None where there is none.

        Raises:
            BackendError: the cluster is not there, or refuses to show it.
        """
        from kubernetes.client import ApiException

        with translated(action, self._server):
            try:
                return _object(self._request("GET", path))
            except ApiException as error:
                if error.status != _NOT_FOUND:
                    raise
                return None

    def items(self, path: str, action: str, **query: str) -> list[Object]:
        """The objects of the collection at `path`; `query` may hold ``labelSelector`` or ``fieldSelector``.

        Raises:
            BackendError: the cluster is not there, or refuses to show them.
        """
        with translated(action, self._server):
            return list(_object(self._request("GET", path, query=query)).get("items") or [])

    def text(self, path: str, action: str, **query: str) -> str:
        """What stands at `path` as text: a pod's log.

        Raises:
            BackendError: the cluster is not there, or refuses to show it.
        """
        with translated(action, self._server):
            return self._request("GET", path, query=query).decode(errors="replace")

    def chunks(self, path: str, action: str, *, silence_s: float, **query: str) -> Iterator[bytes]:
        """What stands at `path`, piece by piece as it comes: the log of a pod that still runs.

        It ends where nothing came for `silence_s` seconds, as it does where there is no more.

        Raises:
            BackendError: the cluster is not there, or refuses to show it.
        """
        from urllib3.exceptions import ReadTimeoutError

        with translated(action, self._server):
            answer = self._answer("GET", path, query=query, timeout_s=(_TIMEOUT_S[0], silence_s))
            try:
                yield from answer.stream(2**16)
            except ReadTimeoutError:
                return
            finally:
                answer.close()

    def create(self, wanted: Object) -> Object:
        """Make an object that is not there yet.

        Raises:
            BackendError: the cluster is not there or refuses, or there is one of that name.
        """
        with translated(f"create {title(wanted)}", self._server):
            collection = path_of(wanted).rpartition("/")[0]
            return _object(self._request("POST", collection, body=wanted))

    def apply(self, wanted: Object, *, dry_run: bool = False, ours: frozenset[str] = frozenset()) -> Object:
        """Server-side apply: make the cluster have `wanted`, and own its fields as ``ona``.

        Args:
            wanted: the object; with a resource version, it is taken only while it has that one.
            dry_run: only ask whether it would be taken.
            ours: paths of fields that are taken back from whoever else set them.

        Raises:
            BackendError: the cluster is not there or refuses, or somebody else owns another field.
        """
        from kubernetes.client import ApiException

        query = {"fieldManager": FIELD_MANAGER} | ({"dryRun": "All"} if dry_run else {})
        with translated(f"apply {title(wanted)}", self._server):
            try:
                return self._patch(wanted, query)
            except ApiException as error:
                fields = contested(error)
                if not fields or not fields <= ours:
                    raise
                return self._patch(wanted, query | {"force": "true"})

    def delete(self, wanted: Object) -> None:
        """Delete the object of that name, and in the background what it owns; none of that name is well, too.

        Raises:
            BackendError: the cluster is not there, or refuses.
        """
        from kubernetes.client import ApiException

        with translated(f"delete {title(wanted)}", self._server):
            try:
                self._request("DELETE", path_of(wanted), query={"propagationPolicy": "Background"})
            except ApiException as error:
                if error.status != _NOT_FOUND:
                    raise

    def post(self, path: str, body: Object, *, timeout_s: float) -> tuple[bytes, Mapping[str, str]]:
        """Send JSON to `path`, such as a pod's behind the API server's proxy. Use it inside `translated`.

        Returns:
            Body and headers of the answer; header names in any case.

        Raises:
            ApiException: of the Kubernetes package: the answer is no success.
        """
        answer = self._answer("POST", path, body=body, timeout_s=(_TIMEOUT_S[0], timeout_s))
        return bytes(answer.data), answer.headers

    def _patch(self, wanted: Object, query: dict[str, str]) -> Object:
        kind = "application/apply-patch+yaml"
        return _object(self._request("PATCH", path_of(wanted), body=wanted, query=query, kind=kind))

    def _request(self, method: str, path: str, **options: Any) -> bytes:
        return bytes(self._answer(method, path, **options).data)

    def _answer(
        self,
        method: str,
        path: str,
        *,
        body: Object | None = None,
        query: dict[str, str] | None = None,
        kind: str = "application/json",
        timeout_s: tuple[float, float] = _TIMEOUT_S,
    ) -> Any:
        return self._dynamic.request(
            method,
            path,
            body=body,
            query_params=list((query or {}).items()),
            header_params={"Accept": "application/json, */*"},
            content_type=kind,
            serialize=False,
            _request_timeout=timeout_s,
        )


def library() -> Any:
    """The Kubernetes package, which has types for its models only."""
    import kubernetes.client
    import kubernetes.config
    import kubernetes.dynamic

    return kubernetes


def path_of(wanted: Object) -> str:
    """Where an object stands in the API: ``/apis/apps/v1/namespaces/lab/deployments/digits``."""
    version, metadata = wanted["apiVersion"], wanted["metadata"]
    prefix = "/api" if "/" not in version else "/apis"
    plural = _plural(wanted["kind"].lower())
    place = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"{prefix}/{version}{place}/{plural}/{metadata['name']}"


def _plural(kind: str) -> str:
    """As the API server makes it where a kind does not say otherwise."""
    if kind.endswith("y") and kind[-2] not in "aeiou":
        return f"{kind[:-1]}ies"
    return f"{kind}es" if kind.endswith(("s", "x", "ch", "sh")) else f"{kind}s"


def title(wanted: Object) -> str:
    """An object for people: ``Deployment lab/digits``."""
    place = f"{wanted['metadata']['namespace']}/" if "namespace" in wanted["metadata"] else ""
    return f"{wanted['kind']} {place}{wanted['metadata']['name']}"


def _object(body: bytes) -> Object:
    found = json.loads(body)
    return found if isinstance(found, dict) else {}


def _identity(configuration: Any) -> str:
    authority = Path(configuration.ssl_ca_cert).read_bytes() if configuration.ssl_ca_cert else b""
    return Digest.of(b"\0".join((configuration.host.rstrip("/").encode(), authority))).short
