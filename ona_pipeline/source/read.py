"""The one entry: what was asked for, as a snapshot."""

from pathlib import Path

import msgspec

from ona_pipeline.clients.git import Git
from ona_pipeline.errors import UsageError
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.source import tree
from ona_pipeline.source.git import read_git, resolve
from ona_pipeline.source.mlflow import ModelRegistry, parse_reference, read_registered


class SourceInput(msgspec.Struct, frozen=True, kw_only=True):
    """What to read.

    Attributes:
        repository: the project's git repository, bare or not.
        model: the model's name.
        revision: a git revision, or ``models:/NAME/VERSION``.
        commit: the commit that `revision` named when the release began; empty when it begins now.
        into: an existing, empty folder for the files.
    """

    repository: Path
    model: str
    revision: str = "HEAD"
    commit: str = ""
    into: Path


def is_registered(revision: str) -> bool:
    """Whether `revision` is meant for the model registry and not for git."""
    return revision.startswith("models:")


def read(request: SourceInput, *, registry: ModelRegistry | None = None) -> Snapshot:
    """Read one model version, from git objects or from the model registry.

    Args:
        request: what to read.
        registry: the model registry; None where none is set up.

    Raises:
        UsageError: it is not there, or its declaration cannot be meant.
        RefusedError: the model registry contradicts itself.
        BackendError: git or the model registry failed.
    """
    if not is_registered(request.revision):
        return read_git(
            request.repository, request.model, request.revision, request.into, commit=request.commit
        )
    wanted = parse_reference(request.revision)
    if request.model != wanted.name:
        raise UsageError(f"{request.revision} is not a version of model {request.model!r}")
    if registry is None:
        raise UsageError(
            f"{request.revision} is in a model registry, and none is set up",
            hint='set mlflow = "http://…" in [tool.ona], or ONA_MLFLOW',
        )
    return read_registered(
        request.repository, request.revision, request.into, registry=registry, commit=request.commit
    )


def models(repository: Path, revision: str = "HEAD") -> list[str]:
    """Names of the models that a revision holds, sorted.

    Raises:
        UsageError: no repository, or no such revision.
    """
    git = Git(repository)
    return tree.model_names(git, resolve(git, revision))
