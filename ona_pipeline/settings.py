"""How ona is set up here: ``[tool.ona]`` of pyproject.toml < ``ONA_*`` variables < flags.

Every value knows where it came from. What is *allowed* is not a setting but policy: see `policy.py`.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from ona_pipeline.errors import UsageError
from ona_pipeline.pyproject import ona_table

POLICY_TABLES = frozenset(
    {"verify", "images", "retention", "environments", "people", "groups", "waivers", "signatures"}
)
_TARGET_PREFIX = "ONA_TARGETS_"


class TargetSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an environment runs on.

    Attributes:
        kind: a Docker engine, or a Kubernetes Deployment.
        context: of the kubeconfig; empty means its current one, or the cluster that ona itself runs in.
        namespace: where the Deployment is; empty means a namespace of the environment's name. On a Docker
            engine it keeps projects apart that share the engine.
        service: type of the Kubernetes Service: ``ClusterIP`` or ``NodePort``.
        overlay: folder of a kustomization, from the top of the repository; empty: the base of ona.
        deployment: one that is there already, for `ona adopt`; empty: one is made, of the model's name.
        container: the one in it that serves the model.
        front: the Service in front of it; empty: of the same name.
    """

    kind: Literal["docker", "kubernetes"] = "docker"
    context: str = ""
    namespace: str = ""
    service: Literal["ClusterIP", "NodePort"] = "ClusterIP"
    overlay: str = ""
    deployment: str = ""
    container: str = "model"
    front: str = ""


DEFAULT_TARGETS = {
    "staging": TargetSettings(kind="docker"),
    "production": TargetSettings(kind="kubernetes"),
}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings.

    Attributes:
        image_registry: host, port and prefix that images are pushed under: ``registry.example.org/team``.
        base: pinned reference of the base image, which holds Python and its libraries.
        ledger: SQLAlchemy URL; empty means a SQLite file in the user's state folder, per project.
        trusted_ref: where policy is read; empty means ``origin/HEAD``, else the default branch.
        mlflow: tracking URI of the MLflow server; empty means that there is none.
        attestation_key: PEM file of the key that retrained models are signed with; empty: they are not.
        image_key: PEM file of the key that published images are signed with, or ``NAME://KEY`` of a key
            service; empty: they are not.
        ca_bundle: PEM file of certificate authorities beside the system's; empty means none.
        sandbox: where model code runs; ``auto`` takes the Docker engine where one answers; else Jobs of the
            cluster where ona itself runs in a pod, and bubblewrap elsewhere.
        sandbox_namespace: where the sandboxes of a cluster are.
        sandbox_context: of the kubeconfig; empty means its current one, or the cluster that ona runs in.
        own_context: what kubeconfigs call the cluster that ona runs in; empty means that none names it.
        signing_key: SSH key that decisions and checkpoints are signed with: a path, or a public key that
            ssh-agent holds the other half of; empty: git's ``user.signingkey``, where a signature is wanted.
        targets: environment name to what it runs on.
    """

    image_registry: str = "127.0.0.1:5000/ona"
    base: str = ""
    ledger: str = ""
    trusted_ref: str = ""
    mlflow: str = ""
    attestation_key: str = ""
    image_key: str = ""
    ca_bundle: str = ""
    sandbox: Literal["auto", "docker", "bubblewrap", "kubernetes"] = "auto"
    sandbox_namespace: str = "ona-sandbox"
    sandbox_context: str = ""
    own_context: str = ""
    signing_key: str = ""
    targets: dict[str, TargetSettings] = {}

    def target(self, environment: str) -> TargetSettings:
        """What `environment` runs on.

        Raises:
            UsageError: nobody has said so.
        """
        if environment in self.targets:
            return self.targets[environment]
        raise UsageError(
            f"environment {environment!r} has no target",
            hint=f'set [tool.ona.targets.{environment}] kind = "docker" or "kubernetes"',
        )


class Configured(msgspec.Struct, frozen=True):
    """Settings, and where each value came from.

    Attributes:
        settings: the values.
        origins: dotted name to ``default``, a file, or the name of a variable.
    """

    settings: Settings
    origins: dict[str, str]


def load(pyproject: bytes | None, *, subject: str, environ: Mapping[str, str] | None = None) -> Configured:
    """Join the file's table with the environment's variables.

    Args:
        pyproject: content of ``pyproject.toml``, UTF-8; None where there is none.
        subject: where it came from, for messages and origins.
        environ: variables; None means this process's own.

    Raises:
        UsageError: the file is not TOML, or a key is unknown or of the wrong type.
    """
    environ = os.environ if environ is None else environ
    values = _from_file(pyproject, subject)
    origins = dict.fromkeys(Settings.__struct_fields__, "default") | dict.fromkeys(values, subject)
    for variable, path, value in _from_environment(environ):
        _set(values, path, value)
        origins[".".join(path)] = variable
    return Configured(_checked(values, subject, origins), origins)


def read(folder: Path) -> Configured:
    """The settings for a project on disk: ``pyproject.toml`` in `folder`, and the environment."""
    file = folder / "pyproject.toml"
    return load(file.read_bytes() if file.is_file() else None, subject="pyproject.toml")


def _from_file(pyproject: bytes | None, subject: str) -> dict[str, Any]:
    if pyproject is None:
        return {}
    table = ona_table(pyproject, subject=subject)
    values = {key: value for key, value in table.items() if key not in POLICY_TABLES}
    try:
        values["targets"] = msgspec.convert(values.get("targets", {}), dict[str, dict[str, Any]])
    except msgspec.ValidationError as error:
        raise UsageError(
            f"{subject}: tool.ona.targets: wanted a table for each environment: {error}"
        ) from error
    return values


def _checked(values: dict[str, Any], subject: str, origins: Mapping[str, str]) -> Settings:
    defaults = msgspec.to_builtins(DEFAULT_TARGETS)
    targets = values.get("targets", {})
    joined = {name: {**defaults.get(name, {}), **targets.get(name, {})} for name in {**defaults, **targets}}
    try:
        settings = msgspec.convert({**values, "targets": joined}, Settings)
    except msgspec.ValidationError as error:
        variables = sorted(origin for origin in origins.values() if origin.startswith("ONA_"))
        hint = (
            f"these variables were read too: {', '.join(variables)}" if variables else "see docs/settings.md"
        )
        raise UsageError(f"{subject}: a setting in [tool.ona] is wrong: {error}", hint=hint) from error
    _must_differ(settings.targets, subject)
    return settings


def _must_differ(targets: Mapping[str, TargetSettings], subject: str) -> None:
    """No two environments share a Deployment; on a Docker engine each has containers of its own anyway."""
    places: dict[tuple[str, str, str], str] = {}
    for name, target in targets.items():
        place = (target.context, target.namespace or name, target.deployment)
        if target.kind == "kubernetes" and (other := places.setdefault(place, name)) != name:
            raise UsageError(
                f"{subject}: the environments {other} and {name} have one target: namespace {place[1]}",
                hint=f"give {name} a namespace or a context of its own: [tool.ona.targets.{name}]",
            )


def _from_environment(environ: Mapping[str, str]) -> list[tuple[str, tuple[str, ...], str]]:
    found: list[tuple[str, tuple[str, ...], str]] = []
    for field in Settings.__struct_fields__:
        variable = f"ONA_{field.upper()}"
        if field != "targets" and variable in environ:
            found.append((variable, (field,), environ[variable]))
    for variable in sorted(name for name in environ if name.startswith(_TARGET_PREFIX)):
        environment, _, field = variable.removeprefix(_TARGET_PREFIX).lower().rpartition("_")
        found.append((variable, ("targets", environment, field), environ[variable]))
    return found


def _set(values: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    for part in path[:-1]:
        values = values.setdefault(part, {})
    values[path[-1]] = value
