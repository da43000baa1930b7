"""What a push changed: which models, and who judges them?"""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from ona_pipeline.clients.git import Git
from ona_pipeline.errors import UsageError
from ona_pipeline.source import tree
from ona_pipeline.source.git import resolve

_LINE = re.compile(
    r"(?P<old>[0-9a-f]{40}|[0-9a-f]{64}) (?P<new>[0-9a-f]{40}|[0-9a-f]{64}) (?P<ref>refs/\S+)\Z"
)


class Push(msgspec.Struct, frozen=True):
    """One ref that a push moved; `old` or `new` is empty where the ref was made or deleted."""

    old: str
    new: str
    ref: str


def pushed(lines: Iterable[str]) -> list[Push]:
    """What a push moved, from the lines that git writes to the hook.

    Raises:
        UsageError: a line is not ``OLD NEW REF``.
    """
    return [_push(line.rstrip("\n")) for line in lines if line.strip()]


def _push(line: str) -> Push:
    match = _LINE.match(line)
    if match is None:
        raise UsageError(
            f"not a line of a post-receive hook: {line!r}", hint="git calls `ona hook run`, not people"
        )
    return Push(_id(match["old"]), _id(match["new"]), match["ref"])


def _id(text: str) -> str:
    return text if text.strip("0") else ""


def changed_models(repository: Path, old: str, new: str) -> list[str]:
    """Models in `new` that differ from `old` anywhere below ``models/<name>/``, sorted.

    Args:
        repository: bare or not.
        old: commit before the push; empty for a new branch: then every model counts.
        new: commit after it; empty for a deleted branch: then none does.

    Raises:
        UsageError: no repository, or no such commit.
    """
    if not new:
        return []
    git = Git(repository)
    there = tree.model_names(git, resolve(git, new))
    if not old:
        return there
    options = ("-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--end-of-options")
    listed = git.run("diff-tree", *options, resolve(git, old), resolve(git, new), "--", "models/")
    paths = [PurePosixPath(os.fsdecode(path)).parts for path in listed.split(b"\0") if path]
    return sorted({parts[1] for parts in paths} & set(there))


def trusted_before(repository: Path, push: Push, pushes: Sequence[Push]) -> str:
    """The commit whose policy judges a push: the branch as it was before.

    Args:
        repository: that was pushed to.
        push: one ref of it.
        pushes: all of it, for the default branch may have moved in the same push.

    Returns:
        A full commit id; for a new branch, the default branch as it was before the push.

    Raises:
        UsageError: there was no branch before, so nobody could have said what is allowed.
    """
    if push.old:
        return push.old
    git = Git(repository)
    default = default_branch(git)
    before = {other.ref: other.old for other in pushes}
    commit = before[default] if default in before else git.commit(default)
    if not commit:
        raise UsageError(
            f"{push.ref} is new, and no default branch was there before: there is no policy to judge it by",
            hint="push the project without models first, or release once with `ona release` on the server",
        )
    return commit


def to_release(repository: Path, lines: Iterable[str], protected: str = "") -> list[tuple[str, str, str]]:
    """Each model that a push changed on the protected branch.

    Args:
        repository: that was pushed to.
        lines: of git's standard input to the hook.
        protected: the branch whose pushes are released; empty means the repository's default branch.

    Returns:
        The commit that policy is trusted at, the pushed commit, and the model's name, for each.

    Raises:
        UsageError: a line is not git's, or there was no branch before that could say what is allowed.
    """
    pushes = pushed(lines)
    wanted = protected or Git(repository).run("symbolic-ref", "HEAD").decode().strip()
    return [
        (trusted_before(repository, push, pushes), push.new, model)
        for push in pushes
        if push.ref in {wanted, f"refs/heads/{wanted}"} and push.new
        for model in changed_models(repository, push.old, push.new)
    ]


def default_branch(git: Git) -> str:
    """The full name of the branch that HEAD stands for; empty where HEAD is a commit."""
    return git.run("symbolic-ref", "--quiet", "HEAD", known=frozenset({0, 1})).decode().strip()
