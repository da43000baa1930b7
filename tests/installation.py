"""`k8s/install` in namespaces of a test's own, as `kubectl` renders it."""

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.cluster import K8S

Object = dict[str, Any]
NAMESPACES = ("ona", "ona-sandbox", "production")


class Installation:
    """What an administrator applies, with a suffix to each of its namespaces.

    Args:
        folder: the kustomization; an overlay of `k8s/install`, or that itself.
    """

    def __init__(self, folder: Path = K8S / "install") -> None:
        suffix = secrets.token_hex(3)
        self.names = {name: f"{name}-{suffix}" for name in NAMESPACES}
        self._folder = folder

    def objects(self) -> list[Object]:
        """Everything that is applied."""
        found = [one for one in yaml.safe_load_all(kubectl("kustomize", str(self._folder))) if one]
        for one in found:
            self._rename(one)
        return found

    def _rename(self, one: Object) -> None:
        about = one["metadata"]
        key = "name" if one["kind"] == "Namespace" else "namespace"
        about[key] = self.names[about[key]]
        for subject in one.get("subjects", []):
            subject["namespace"] = self.names[subject["namespace"]]

    def account(self, namespace: str) -> str:
        """The account `releaser` of a namespace, as the API server names it."""
        return f"system:serviceaccount:{self.names[namespace]}:releaser"

    def remove(self) -> None:
        """Delete its namespaces with all that is in them."""
        kubectl("delete", "namespace", *self.names.values(), "--wait=false", "--ignore-not-found")


def apply(objects: list[Object]) -> None:
    """Apply objects as an administrator does, with fields that are none refused."""
    subprocess.run(
        ["kubectl", "apply", "--validate=strict", "-f", "-"],
        input=yaml.safe_dump_all(objects),
        text=True,
        check=True,
        capture_output=True,
        timeout=120,
    )


@contextmanager
def installed(objects: list[Object], installation: Installation) -> Iterator[Installation]:
    """Apply them, and remove the installation's namespaces afterwards."""
    try:
        apply(objects)
        yield installation
    finally:
        installation.remove()


def kubectl(*arguments: str) -> str:
    """What kubectl says."""
    done = subprocess.run(["kubectl", *arguments], capture_output=True, text=True, check=True, timeout=120)
    return done.stdout
