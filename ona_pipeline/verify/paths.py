"""The gate for whatever lies at a path: a model of a project, a folder of files, or one file alone."""

import os
import tomllib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from ona_pipeline.policy import VerifyPolicy
from ona_pipeline.records.canonical import convert
from ona_pipeline.records.declaration import Declaration
from ona_pipeline.records.finding import Finding, Verdict, verdict_of
from ona_pipeline.records.snapshot import Origins, Snapshot
from ona_pipeline.serving import manifest
from ona_pipeline.verify import files, mlmodel
from ona_pipeline.verify.inside import Inside, look_inside
from ona_pipeline.verify.verify import DECLARATION, VerifyInput, verify

_MODELS = "models"


class PathVerdict(msgspec.Struct, frozen=True):
    """What the gate says of one path.

    Attributes:
        path: as it was asked for.
        verdict: passed or refused.
        format: the one that was recognised; empty where none or several were.
        findings: the reasons.
        names: every ``module.name`` that loading would import.
    """

    path: str
    verdict: Verdict
    format: str
    findings: tuple[Finding, ...]
    names: tuple[str, ...]


def judge(path: Path, policy: VerifyPolicy, *, clock: Callable[[], datetime]) -> PathVerdict:
    """Judge what lies at `path`, as it lies there: nothing is committed yet, or ever will be.

    Args:
        path: a folder of ``models/`` with a ``release.toml``, which manifest and lock belong to; a model
            directory of MLflow; any other folder, all of whose files are looked at; or one file.
        policy: formats, limits and names that are allowed.
        clock: gives the time, UTC.
    """
    inside = _judge(path, policy, clock)
    return PathVerdict(str(path), verdict_of(inside.findings), inside.format, inside.findings, inside.names)


def _judge(path: Path, policy: VerifyPolicy, clock: Callable[[], datetime]) -> Inside:
    if not path.is_dir() or path.is_symlink():
        return look_inside({path.name: path}, policy, is_of_mlflow=False)
    resolved = Path(os.path.realpath(path))
    if (resolved / DECLARATION).exists() and resolved.parent.name == _MODELS:
        return _declared(resolved, policy, clock)
    present = files.regular_files(path)
    too_large = tuple(files.judge_size(present, policy.max_bytes))
    strange = tuple(_strange(path, present))
    if too_large:
        return Inside((*too_large, *strange))
    inside = look_inside(present, policy, is_of_mlflow=mlmodel.NAME in present)
    return msgspec.structs.replace(inside, findings=(*strange, *inside.findings))


def _declared(folder: Path, policy: VerifyPolicy, clock: Callable[[], datetime]) -> Inside:
    try:
        content = files.read_plain(folder / DECLARATION)
        declaration = convert(tomllib.loads(content.decode()), Declaration)
    except (OSError, ValueError, RecursionError) as error:
        sentence = f"{DECLARATION}: wanted the declaration of a model, found: {' '.join(str(error).split())}"
        return Inside((Finding("declaration-unreadable", DECLARATION, sentence, hint="docs/models.md"),))
    here = Origins("git", "the work tree", "")
    evidence = verify(
        VerifyInput(Snapshot(folder.name, here, folder.parent.parent, declaration), policy), clock=clock
    )
    return Inside(evidence.findings, evidence.format, evidence.types)


def _strange(folder: Path, present: dict[str, Path]) -> Iterator[Finding]:
    """What is in a folder and is no regular file: links, pipes, sockets, devices, what cannot be listed."""
    for path, name in manifest.walk(folder):
        if name not in present and not manifest.is_empty_folder(path):
            yield Finding(
                "not-a-file",
                name,
                f"{name}: wanted regular files only, found a link or another kind of thing",
                hint="put the file itself in its place, or remove it",
            )
