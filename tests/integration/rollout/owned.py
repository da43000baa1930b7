"""A Deployment and a Service of somebody who uses kubectl, and no ona, so far."""

import json
import subprocess
import time
from collections.abc import Callable
from typing import Any, cast

from ona_pipeline.clients.kubernetes_client import KubernetesClient
from tests import stand_in

Object = dict[str, Any]
NAME, CONTAINER = "shop", "web"
LABELS = {"app": "shop"}
REVISION = "deployment.kubernetes.io/revision"


def deployment(home: str, *, image: str = "", replicas: int = 2, **spec: Any) -> Object:
    """The file that they keep; without an image where it is not theirs to say any more."""
    container: Object = {
        "name": CONTAINER,
        "ports": [{"containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/v2/health/ready", "port": 8080}, "periodSeconds": 1},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    pods = {
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container | ({"image": image} if image else {})],
    }
    strategy = {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    wanted = {
        "replicas": replicas,
        "strategy": strategy,
        "selector": {"matchLabels": LABELS},
        "template": {"metadata": {"labels": LABELS}, "spec": pods},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": home},
        "spec": wanted | spec,
    }


def service(home: str) -> Object:
    """In front of it; its port has no name."""
    ports = [{"port": 80, "targetPort": 8080}]
    metadata = {"name": NAME, "namespace": home}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"selector": LABELS, "ports": ports},
    }


def kubectl(*arguments: str, wanted: Object | None = None) -> str:
    """What they type; what it says."""
    given = json.dumps(wanted) if wanted else None
    done = subprocess.run(["kubectl", *arguments], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def theirs() -> str:
    """The image that serves before ona comes."""
    return str(stand_in.image("theirs", "well"))


def found(client: KubernetesClient, home: str) -> Object:
    """The Deployment, as it is."""
    there = client.get(f"/apis/apps/v1/namespaces/{home}/deployments/{NAME}", "look")
    assert there
    return there


def wanted(client: KubernetesClient, home: str) -> Object:
    """The Deployment, but for what its controller says of it, which may come at any time."""
    there = found(client, home)
    about = there["metadata"] | {"resourceVersion": ""}
    fields = [one for one in about["managedFields"] if one.get("subresource") != "status"]
    marks = {name: text for name, text in about["annotations"].items() if name != REVISION}
    return {"metadata": about | {"managedFields": fields, "annotations": marks}, "spec": there["spec"]}


def pods(client: KubernetesClient, home: str) -> set[str]:
    """Their names; a pod that is made anew has another."""
    every = client.items(f"/api/v1/namespaces/{home}/pods", "list", labelSelector="app=shop")
    return {
        cast("str", one["metadata"]["name"]) for one in every if "deletionTimestamp" not in one["metadata"]
    }


def wait_until_ready(client: KubernetesClient, home: str, replicas: int) -> None:
    """Until all pods that it should have are ready, and no other is there."""

    def are_ready() -> bool:
        there = found(client, home)
        status = there["status"]
        seen = status.get("observedGeneration") == there["metadata"]["generation"]
        counts = {status.get(key, 0) for key in ("replicas", "readyReplicas", "updatedReplicas")}
        return seen and counts == {replicas}

    wait_for(are_ready)


def wait_for(what: Callable[[], object], *, within_s: float = 60) -> None:
    """Until it is so."""
    given_up_at = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < given_up_at
        time.sleep(0.2)
