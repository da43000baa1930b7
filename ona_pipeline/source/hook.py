"""Release on push: the hook of a repository that is pushed to, and what it has to release."""

import os
import shlex
from collections.abc import Iterable
from pathlib import Path

from ona_pipeline.clients.git import Git
from ona_pipeline.errors import UsageError
from ona_pipeline.source.pushes import changed_models, default_branch, pushed, trusted_before

_MARK = "# Written by `ona hook install`; it is replaced when that is called again."


def install(repository: Path, *, command: str) -> Path:
    """Write the ``post-receive`` hook; a second call changes nothing.

    Args:
        repository: usually bare.
        command: path of the program ``ona``.

    Returns:
        The hook's file.

    Raises:
        UsageError: no repository, or a hook is there that is not ours.
    """
    git = Git(repository)
    hook = _folder(git) / "post-receive"
    if os.path.lexists(hook) and (hook.is_symlink() or _MARK not in hook.read_text(errors="replace")):
        raise UsageError(
            f"{hook} is there already, and is not ours", hint=f"add the line: {shlex.quote(command)} hook run"
        )
    hook.parent.mkdir(parents=True, exist_ok=True)
    fresh = hook.with_name("post-receive.new")
    fresh.write_text(f"#!/bin/sh\n{_MARK}\nexec {shlex.quote(command)} hook run\n")
    fresh.chmod(0o755)
    fresh.replace(hook)
    return hook


def _folder(git: Git) -> Path:
    """Where git looks for hooks, the repository's own setting honoured."""
    setting = git.run("config", "--local", "--type=path", "--get", "core.hooksPath", known=frozenset({0, 1}))
    if setting.strip():
        return git.directory / os.fsdecode(setting.rstrip(b"\n"))
    shared = os.fsdecode(git.run("rev-parse", "--git-common-dir").rstrip(b"\n"))
    return (git.folder / shared).resolve() / "hooks"


def to_release(repository: Path, lines: Iterable[str], branch: str = "") -> list[tuple[str, str, str]]:
    """What a push to the protected branch asks to be released.

    Args:
        repository: that was pushed to.
        lines: that git wrote to the hook.
        branch: the protected branch, in short or in full; empty means the repository's default branch.

    Returns:
        For each model that changed: the commit whose policy judges it, the pushed commit, the model's name.

    Raises:
        UsageError: a line is not git's, or the branch was not there before, so that no policy can judge.
    """
    moved = pushed(lines)
    protected = {branch, f"refs/heads/{branch}"} if branch else {default_branch(Git(repository))}
    return [
        (trusted_before(repository, push, moved), push.new, model)
        for push in moved
        if push.ref in protected
        for model in changed_models(repository, push.old, push.new)
    ]
