"""The lab as Jobs of its cluster see it: an overlay of `k8s/install`, and what they say when they have ended.

A pod reaches this machine at the bridge's address alone, where the lab's image registry and PostgreSQL do not
listen: relays do. Images have the registry's name as the node knows it, 127.0.0.1:5000; so each pod of ona
has a relay of its own at that address, which no cluster with a real image registry needs.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from ona_pipeline.records.reference import PinnedReference
from tests.cluster import K8S
from tests.installation import Installation, kubectl

GATEWAY = "10.244.0.1"
RELAY = Path(__file__).with_name("relay.py")


@contextmanager
def relayed(address: str) -> Iterator[str]:
    """An address for pods that leads to ``host:port`` of this machine."""
    host, _, port = address.rpartition(":")
    command = [sys.executable, str(RELAY), GATEWAY, "0", host, port]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as relay:
        try:
            assert relay.stdout is not None
            yield f"{GATEWAY}:{relay.stdout.readline().strip()}"
        finally:
            relay.terminate()


@contextmanager
def git_served(folder: Path) -> Iterator[str]:
    """The address of a repository, read-only, for pods."""
    with socket.create_server((GATEWAY, 0)) as free:
        port = free.getsockname()[1]
    safe = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    command = ["git", "daemon", "--export-all", "--reuseaddr", f"--base-path={folder.parent}"]
    server = subprocess.Popen(
        [*command, f"--listen={GATEWAY}", f"--port={port}"],
        env={**os.environ, **safe},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"git://{GATEWAY}:{port}/{folder.name}"
    finally:
        server.terminate()
        server.wait()


def overlay(folder: Path, *, image: PinnedReference, settings: dict[str, str], registry: str) -> Path:
    """Write the overlay that a user of a cluster of their own writes, and add the relay.

    Args:
        folder: existing; where it is written.
        image: of ona.
        settings: of the ConfigMap.
        registry: address at which a pod reaches the image registry.
    """
    for part in ("install", "rbac"):
        shutil.copytree(K8S / part, folder / part)
    lab = folder / "lab"
    lab.mkdir()
    kustomization = {
        "resources": ["../install"],
        "images": [{"name": "ona", "newName": image.repository, "digest": str(image.digest)}],
        "patches": [_patch("v1", "ConfigMap", data=settings), _with_relay(image, registry)],
    }
    lab.joinpath("kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    return lab


def _patch(version: str, kind: str, **content: Any) -> dict[str, Any]:
    changed = {"apiVersion": version, "kind": kind, "metadata": {"name": "any"}, **content}
    return {"target": {"kind": kind}, "patch": yaml.safe_dump(changed)}


def _with_relay(image: PinnedReference, registry: str) -> dict[str, Any]:
    host, _, port = registry.rpartition(":")
    relay = {
        "name": "relay",
        "image": str(image),
        "restartPolicy": "Always",
        "command": ["python3", "-c", RELAY.read_text(), "127.0.0.1", "5000", host, port],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    pod = {"spec": {"initContainers": [relay]}}
    return _patch("batch/v1", "CronJob", spec={"suspend": True, "jobTemplate": {"spec": {"template": pod}}})


class Jobs:
    """What the CronJobs of an installation start.

    Args:
        installation: that was applied.
    """

    def __init__(self, installation: Installation) -> None:
        self._home = installation.names["ona"]

    def fires_every_minute(self, cronjob: str) -> str:
        """Let a CronJob fire by the clock, once; the Job's name."""
        self._patched(cronjob, {"schedule": "* * * * *", "suspend": False})
        deadline = time.monotonic() + 150
        selected = f"app.kubernetes.io/name={cronjob}"
        while not (found := self._items("jobs", selected)):
            assert time.monotonic() < deadline, f"{cronjob} did not fire"
            time.sleep(0.5)
        self._patched(cronjob, {"suspend": True})
        return str(found[0]["metadata"]["name"])

    def started(self, cronjob: str) -> str:
        """Start what a CronJob would start, now; the Job's name."""
        name = f"{cronjob}-{secrets.token_hex(3)}"
        kubectl("create", "job", name, f"--from=cronjob/{cronjob}", "-n", self._home)
        return name

    def ended(self, job: str, *, timeout_s: float = 600) -> tuple[str, str]:
        """Wait for the end of a Job: ``Complete`` or ``Failed``, and what its last pod said."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            found = json.loads(kubectl("get", "job", job, "-n", self._home, "-o", "json"))
            for condition in found["status"].get("conditions", []):
                if condition["type"] in {"Complete", "Failed"} and condition["status"] == "True":
                    return condition["type"], self.said(job)
            time.sleep(1)
        raise AssertionError(f"{job} did not end: {self.said(job)} {self.pods(job)}")

    def said(self, job: str) -> str:
        """What the pods of a Job said."""
        command = ["kubectl", "logs", "-n", self._home, "-l", f"batch.kubernetes.io/job-name={job}"]
        done = subprocess.run(
            [*command, "-c", "ona", "--tail=-1"], capture_output=True, text=True, check=False, timeout=60
        )
        return done.stdout + done.stderr

    def pods(self, job: str) -> list[dict[str, Any]]:
        """The pods of a Job."""
        return self._items("pods", f"batch.kubernetes.io/job-name={job}")

    def warnings(self, job: str) -> str:
        """What Kubernetes warns of, about a Job."""
        about = f"involvedObject.name={job},type=Warning"
        return kubectl("get", "events", "-n", self._home, "--field-selector", about)

    def _items(self, kind: str, selected: str) -> list[dict[str, Any]]:
        found = kubectl("get", kind, "-n", self._home, "-l", selected, "-o", "json")
        return list(json.loads(found)["items"])

    def _patched(self, cronjob: str, spec: dict[str, Any]) -> None:
        patch = json.dumps({"spec": spec})
        kubectl("patch", "cronjob", cronjob, "-n", self._home, "--type=merge", "-p", patch)
