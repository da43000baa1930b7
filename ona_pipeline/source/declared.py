"""Is everything there that ``release.toml`` names: as a file, inside the model's own folders?"""

from collections.abc import Mapping
from pathlib import PurePosixPath

from ona_pipeline.errors import UsageError
from ona_pipeline.records.declaration import Declaration, Suites
from ona_pipeline.source.tree import Entry


def check(declaration: Declaration, entries: Mapping[str, Entry], *, subject: str, from_git: bool) -> None:
    """Refuse a declaration that names what is not in the commit.

    Args:
        declaration: of the model.
        entries: everything below ``models/<name>/`` and ``validation/<name>/``, by path.
        subject: the declaration, for messages.
        from_git: whether the model's own files and manifest come from this commit too.

    Raises:
        UsageError: a file is missing, is not a file, or is outside the folder.
    """
    name, files = declaration.model.name, declaration.model
    inside = f"models/{name}"
    _file(entries, inside, files.lock, key="model.lock", subject=subject)
    if ":" not in declaration.data.path:
        _file(entries, inside, declaration.data.path, key="data.path", subject=subject)
    if (sample := declaration.data.training) and ":" not in sample.path:
        _file(entries, inside, sample.path, key="data.training.path", subject=subject)
    for suite in _suites(declaration.validation):
        _file(entries, f"validation/{name}", suite, key="validation", subject=subject)
    model = _path(inside, files.path, key="model.path", subject=subject)
    manifest = _path(inside, files.manifest, key="model.manifest", subject=subject)
    if from_git:
        _file(entries, inside, files.manifest, key="model.manifest", subject=subject)
        _folder(entries, model, subject=subject)
    elif model == PurePosixPath(inside) or model in manifest.parents:
        raise UsageError(f"{subject}: model.path must be a folder of its own, apart from model.manifest")


def _suites(suites: Suites) -> tuple[str, ...]:
    return (*suites.data, *suites.predictions, *suites.metrics, *suites.slices, *suites.drift)


def _path(inside: str, path: str, *, key: str, subject: str) -> PurePosixPath:
    relative = PurePosixPath(path)
    if relative.is_absolute() or ".." in relative.parts or not path.isprintable():
        raise UsageError(
            f"{subject}: {key} is {path!r}, which is outside {inside}/", hint="name a path inside it"
        )
    return PurePosixPath(inside) / relative


def _file(entries: Mapping[str, Entry], inside: str, path: str, *, key: str, subject: str) -> None:
    wanted = str(_path(inside, path, key=key, subject=subject))
    if wanted not in entries:
        raise UsageError(
            f"{subject}: {key} names {wanted}, which is not in the commit",
            hint=f"commit {wanted}, or correct {key}",
        )
    if entries[wanted].kind != "file":
        raise UsageError(f"{subject}: {key} names {wanted}, which is a {entries[wanted].kind}; wanted a file")


def _folder(entries: Mapping[str, Entry], model: PurePosixPath, *, subject: str) -> None:
    below = f"{model}/"
    if str(model) in entries or not any(path.startswith(below) for path in entries):
        raise UsageError(
            f"{subject}: model.path names {model}, which is no folder in the commit",
            hint="commit the model directory, or correct model.path",
        )
