"""A model version out of the model registry: its files from there, everything that judges it from git."""

import re
from pathlib import Path
from typing import Protocol

import msgspec

from ona_pipeline.clients.git import Git
from ona_pipeline.clients.mlflow_versions import Version
from ona_pipeline.errors import BackendError, RefusedError, UsageError
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.snapshot import Origins, Snapshot
from ona_pipeline.source import declared
from ona_pipeline.source.git import Committed, committed
from ona_pipeline.source.layout import lay_out
from ona_pipeline.source.tree import Entry

_REFERENCE = re.compile(r"models:/(?P<name>[\w.-]+)/(?P<version>[1-9][0-9]{0,9})\Z")
_NUMBER_HINT = "write the version's number, such as models:/digits/3: an alias can move during a release"


class ModelRegistry(Protocol):
    """What is asked of a model registry: see `ona_pipeline.clients.mlflow_versions`."""

    def version(self, name: str, number: str) -> Version:
        """The version of that number."""
        ...

    def files(self, version: Version, into: Path) -> None:
        """Write its model directory to `into`."""
        ...

    def manifest(self, version: Version) -> bytes:
        """The model manifest that was kept beside it."""
        ...

    def attestation(self, version: Version) -> bytes | None:
        """The attestation that was kept beside it; None where there is none."""
        ...


class Reference(msgspec.Struct, frozen=True):
    """``models:/NAME/VERSION``, taken apart."""

    name: str
    version: str


def parse_reference(text: str) -> Reference:
    """Take a reference to a registered version apart.

    Raises:
        UsageError: it names no fixed version.
    """
    match = _REFERENCE.match(text)
    if match is None:
        raise UsageError(f"{text!r} names no version of a registered model", hint=_NUMBER_HINT)
    return Reference(match["name"], match["version"])


def read_registered(
    repository: Path, reference: str, into: Path, *, registry: ModelRegistry, commit: str = ""
) -> Snapshot:
    """Read one registered version.

    The files of the model, its manifest and attestation come from the registry, as data. Declaration, lock,
    suites and data come from the git commit that the version names.

    Args:
        repository: where that commit is.
        reference: ``models:/NAME/VERSION``; NAME is the model's folder, too.
        into: an existing, empty folder, which the snapshot's files are written to.
        registry: the model registry.
        commit: read this commit, whatever the registry says by now; empty means what it says.

    Raises:
        UsageError: no such version, or no commit for it, or a declaration that cannot be meant.
        RefusedError: the registry contradicts itself about the model's digest.
        BackendError: the registry or git failed.
    """
    wanted = parse_reference(reference)
    version = registry.version(wanted.name, wanted.version)
    _check_status(version, reference)
    git = Git(repository)
    found = committed(git, wanted.name, _commit(git, version, reference, commit))
    declared.check(found.declaration, found.entries, subject=found.subject, from_git=False)
    manifest = registry.manifest(version)
    _compare(version, reference, manifest)
    lay_out(git, _judging(found).values(), into)
    origins = Origins("mlflow", reference, found.commit, version.version)
    snapshot = Snapshot(wanted.name, origins, into, found.declaration)
    registry.files(version, _made(snapshot.model))
    _made(snapshot.manifest.parent)
    snapshot.manifest.write_bytes(manifest)
    attestation = registry.attestation(version)
    if attestation is not None:
        _made(snapshot.attestation.parent)
        snapshot.attestation.write_bytes(attestation)
    return snapshot


def _check_status(version: Version, reference: str) -> None:
    if version.status == "PENDING_REGISTRATION":
        raise BackendError(
            f"{reference} is still being registered", hint="try again in a moment", retryable=True
        )
    if version.status != "READY":
        raise UsageError(f"{reference} is {version.status}, wanted READY", hint="register it again")


def _commit(git: Git, version: Version, reference: str, pinned: str) -> str:
    if not (pinned or version.commit):
        raise UsageError(
            f"{reference} does not say which git commit it was trained at",
            hint="`ona retrain` records it; else set the version's tag ona.commit",
        )
    found = git.commit(pinned or version.commit)
    if found is None:
        raise UsageError(
            f"{reference} was trained at commit {version.commit!r}, which is not in {git.folder}",
            hint="`git fetch` the branch that it is on",
        )
    return found


def _compare(version: Version, reference: str, manifest: bytes) -> None:
    found = Digest.of(manifest)
    if version.model_digest and version.model_digest != found:
        raise RefusedError(
            f"{reference}: the tag ona.model_digest says {version.model_digest}, the manifest is {found}",
            hint="the run's artifacts were changed after registration; train again",
        )


def _judging(found: Committed) -> dict[str, Entry]:
    """The entries that judge a model, without the committed model, its manifest and its attestation."""
    files, inside = found.declaration.model, Path("models") / found.declaration.model.name
    model, of_the_model = inside / files.path, {inside / files.manifest, inside / files.attestation}
    return {
        path: entry
        for path, entry in found.entries.items()
        if Path(path) not in of_the_model and Path(path) != model and model not in Path(path).parents
    }


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    return folder
