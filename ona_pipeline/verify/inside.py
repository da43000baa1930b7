"""Every file of a model directory, recognised, walked, and held against policy."""

from pathlib import Path

import msgspec

from ona_pipeline.policy import VerifyPolicy
from ona_pipeline.records.finding import Finding
from ona_pipeline.verify import allow_list, claims, contents, formats, mlmodel


class Inside(msgspec.Struct, frozen=True):
    """What looking into the files gave.

    Attributes:
        findings: the reasons, each once.
        format: the one that the model is stored in; empty where none or several were recognised.
        names: every ``module.name`` that loading would import, sorted.
    """

    findings: tuple[Finding, ...] = ()
    format: str = ""
    names: tuple[str, ...] = ()


def look_inside(present: dict[str, Path], policy: VerifyPolicy, *, is_of_mlflow: bool = True) -> Inside:
    """Look into files that belong together.

    Args:
        present: regular files by POSIX name.
        policy: formats, limits and names that are allowed.
        is_of_mlflow: whether a file MLmodel must describe them.
    """
    looked = {name: contents.look(path, name, policy) for name, path in present.items()}
    kinds = {name: one.kind for name, one in looked.items() if one.kind}
    found = [*mlmodel.judge(present, kinds)] if is_of_mlflow else []
    found += claims.judge(present)
    if kinds or not looked:  # what cannot be read has a reason of its own
        found += formats.judge(kinds, policy.formats)
    for one in looked.values():
        found += one.content.findings
        found += allow_list.judge(one.content, policy.trusted_types)
    names = frozenset[str]().union(*(one.content.names for one in looked.values()))
    return Inside(tuple(dict.fromkeys(found)), formats.serialisation(kinds), tuple(sorted(names)))
