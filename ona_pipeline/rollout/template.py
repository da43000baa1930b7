"""The objects before a change is known: those that came with ona, or an overlay of the user's.

In a template the word `model` stands for the model's name: alone, and between hyphens, so that a prefix of an
overlay stays. What is served is the one Deployment with a container of that name.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ona_pipeline.clients import kustomize
from ona_pipeline.errors import UsageError

Object = dict[str, Any]
PLACEHOLDER = "model"
CONTAINER = "model"
_LISTINGS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_PLAIN = frozenset({"apiVersion", "kind", "resources"})
_NOWHERE = frozenset({"Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"})
# Where one object names another; kustomize, "name references", as far as a served model has them.
_BY_NAME = frozenset(
    {"configMapRef", "secretRef", "configMapKeyRef", "secretKeyRef", "configMap", "scaleTargetRef", "service"}
)
_NAMES = frozenset({"serviceAccountName", "secretName", "claimName"})


def read(folder: Path) -> list[Object]:
    """The objects of a kustomization; one that only lists files needs no kubectl.

    Raises:
        UsageError: there is no kustomization, it cannot be rendered, or it is none that a model is served by.
        BackendError: kubectl is not there.
    """
    listing = next((folder / name for name in _LISTINGS if (folder / name).is_file()), None)
    if listing is None:
        raise UsageError(
            f"there is no kustomization in {folder}",
            hint="overlay in [tool.ona.targets.NAME] names a folder that has a kustomization.yaml",
        )
    found = _plain(folder, yaml.safe_load(listing.read_text("utf-8")))
    found = kustomize.built(folder) if found is None else found
    for one in found:
        if one["kind"] in _NOWHERE:
            name = one["metadata"]["name"]
            hint = "an administrator applies what belongs to no namespace; take it out of the overlay"
            raise UsageError(f"{folder} has {one['kind']} {name}, which is in no namespace", hint=hint)
    return found


def is_serving(found: Object) -> bool:
    """Whether it is the Deployment that serves the model."""
    if found["kind"] != "Deployment":
        return False
    return any(one["name"] == CONTAINER for one in found["spec"]["template"]["spec"]["containers"])


def renamed(name: str, model: str) -> str:
    """A name of the template for one model: ``team-model`` becomes ``team-digits``."""
    return "-".join(model if part == PLACEHOLDER else part for part in name.split("-"))


def refer(found: Object, model: str) -> None:
    """Let an object name others as they are called for one model."""
    for mapping in mappings(found):
        for key in _NAMES & mapping.keys():
            mapping[key] = renamed(mapping[key], model)
        for key in _BY_NAME & mapping.keys():
            named = mapping[key]
            if isinstance(named, dict) and "name" in named:
                named["name"] = renamed(named["name"], model)


def mappings(found: Any) -> Iterator[Object]:
    """Every mapping in an object, itself included."""
    if isinstance(found, dict):
        yield found
    children = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    for child in children:
        yield from mappings(child)


def _plain(folder: Path, listing: Object) -> list[Object] | None:
    """The objects where a kustomization only lists files, each with one object; None where it does more."""
    files = [folder / name for name in listing.get("resources", [])]
    if not listing.keys() <= _PLAIN or not all(file.is_file() for file in files):
        return None
    return [one for file in files for one in yaml.safe_load_all(file.read_text("utf-8")) if one]
