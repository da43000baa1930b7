"""A model version out of git: its folders at one commit, laid out."""

import difflib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from ona_pipeline.clients.git import Git
from ona_pipeline.errors import UsageError
from ona_pipeline.records.declaration import Declaration
from ona_pipeline.records.snapshot import Origins, Snapshot
from ona_pipeline.source import declared, tree
from ona_pipeline.source.declaration import parse_declaration
from ona_pipeline.source.layout import content, lay_out
from ona_pipeline.source.tree import Entry


class Committed(msgspec.Struct, frozen=True):
    """What a commit says of one model, read but not laid out.

    Attributes:
        commit: full id.
        entries: everything in ``models/<name>/`` and ``validation/<name>/``, by path.
        declaration: the parsed ``release.toml``.
        subject: the declaration, for messages.
    """

    commit: str
    entries: Mapping[str, Entry]
    declaration: Declaration
    subject: str


def read_git(repository: Path, model: str, revision: str, into: Path, *, commit: str = "") -> Snapshot:
    """Read one model from git objects.

    Args:
        repository: a work tree or a bare repository.
        model: name of the folder below ``models/``.
        revision: what was asked for; recorded as it is.
        into: an existing, empty folder, which the snapshot's files are written to.
        commit: read this commit, whatever `revision` names by now; empty means what it names.

    Raises:
        UsageError: no repository, no such revision or model, or a declaration that cannot be meant.
        BackendError: git failed.
    """
    git = Git(repository)
    found = committed(git, model, commit or resolve(git, revision))
    declared.check(found.declaration, found.entries, subject=found.subject, from_git=True)
    lay_out(git, found.entries.values(), into)
    return Snapshot(model, Origins("git", revision, found.commit), into, found.declaration)


def resolve(git: Git, revision: str) -> str:
    """The commit that a revision names.

    Raises:
        UsageError: it names none.
    """
    commit = git.commit(revision)
    if commit is None:
        raise UsageError(
            f"no revision {revision!r} in {git.folder}",
            hint="`git log --oneline --all` lists commits; a clone may need `git fetch`",
        )
    return commit


def committed(git: Git, model: str, commit: str) -> Committed:
    """What `commit` says of `model`.

    Raises:
        UsageError: the commit has no such model, or its ``release.toml`` cannot be read.
    """
    if not tree.is_model_name(model):
        raise _unknown(git, model, commit)
    entries = tree.entries(git, commit, f"models/{model}/", f"validation/{model}/")
    path = f"models/{model}/release.toml"
    if path not in entries or entries[path].kind != "file":
        raise _unknown(git, model, commit)
    subject = f"{path} at {commit[:12]}"
    declaration = parse_declaration(content(git, entries[path]), subject=subject, model=model)
    return Committed(commit, entries, declaration, subject)


def _unknown(git: Git, model: str, commit: str) -> UsageError:
    known = tree.model_names(git, commit)
    close = difflib.get_close_matches(model, known, n=1)
    head = git.commit("HEAD")
    hint = "a model is a folder models/<name>/ with a release.toml, named with a-z, 0-9 and -"
    if close:
        hint = f"did you mean {close[0]!r}?"
    elif head and head != commit and model in tree.model_names(git, head):
        hint = "HEAD has it; that revision does not"
    there = ", ".join(known) or "none"
    return UsageError(f"no model {model!r} in commit {commit[:12]}; models there: {there}", hint=hint)
