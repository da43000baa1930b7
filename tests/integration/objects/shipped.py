"""Every Kubernetes object that the project ships, and those of a release, as files for a judge."""

import subprocess
from pathlib import Path

import yaml

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.rollout import objects
from ona_pipeline.rollout.interface import Change
from ona_pipeline.rollout.objects import Place
from tests.cluster import K8S
from tests.stand_in import QUESTION

IMAGE = PinnedReference.of("registry.example.org/ona/digits", Digest.of(b"image"))
CHANGE = Change(model="digits", environment="production", release="r1", image=IMAGE, question=QUESTION)


def collections() -> dict[str, str]:
    """Name to YAML: each kustomization, as the real `kubectl kustomize` renders it, and all other files."""
    found = {"what is applied for a release": _release()}
    folders = [path.parent for path in K8S.rglob("kustomization.yaml")]
    for folder in folders:
        if folder.name == "base":  # it is in no namespace before an overlay, or ona, says in which
            continue
        command = ["kubectl", "kustomize", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        found[folder.relative_to(K8S.parent).as_posix()] = done.stdout
    loose = [
        path
        for path in sorted(K8S.rglob("*.yaml"))
        if path.parent not in folders and "lab" not in path.relative_to(K8S).parts
    ]
    return found | {"loose files": "---\n".join(path.read_text("utf-8") for path in loose)}


def _release() -> str:
    place = Place(namespace="production", deployment="digits")
    return yaml.safe_dump_all(objects.render(objects.base_folder(), CHANGE, place))


def written(folder: Path) -> list[Path]:
    """The collections as files in `folder`."""
    paths = []
    for name, text in collections().items():
        paths.append(folder / f"{name.replace('/', '-').replace(' ', '-').removesuffix('.yaml')}.yaml")
        paths[-1].write_text(text, "utf-8")
    return sorted(paths)
