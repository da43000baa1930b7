"""What lies in the work tree and will not be released, so that nobody wonders why."""

import os
from pathlib import Path

from ona_pipeline.clients.git import Git


def uncommitted(repository: Path, model: str) -> list[str]:
    """Paths of a model with changes that no commit holds, sorted; none in a bare repository.

    Args:
        repository: bare or not.
        model: the model's name.

    Raises:
        UsageError: there is no repository.
        BackendError: git failed.
    """
    git = Git(repository)
    if git.run("rev-parse", "--is-inside-work-tree").strip() != b"true":
        return []
    top = git.run("rev-parse", "--show-cdup").decode().rstrip("\n")
    folders = [f":(top,literal){folder}/{model}" for folder in ("models", "validation")]
    options = ("--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=none")
    listed = git.run("-C", top or ".", "status", *options, "--", *folders)
    return sorted(os.fsdecode(line[3:]) for line in listed.split(b"\0") if line)


def notice(paths: list[str]) -> str:
    """One sentence for people about `paths`; empty where there are none."""
    if not paths:
        return ""
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""  # noqa: PLR2004
    are = "has" if len(paths) == 1 else "have"
    return f"{', '.join(paths[:3])}{more} {are} uncommitted changes, which are not released"
