"""Where policy is read: a ref that the commit being judged cannot have changed."""

from pathlib import Path

from ona_pipeline.clients.git import Git
from ona_pipeline.errors import UsageError
from ona_pipeline.source import tree
from ona_pipeline.source.git import resolve
from ona_pipeline.source.layout import content

_USUAL = (
    "refs/remotes/origin/HEAD",
    "refs/remotes/origin/main",
    "refs/remotes/origin/master",
    "refs/heads/main",
    "refs/heads/master",
)
_FILE = "pyproject.toml"


def trusted_ref(repository: Path, setting: str = "") -> str:
    """The ref that policy is read at.

    Args:
        repository: bare or not.
        setting: what the releaser has set; it wins, and must exist.

    Returns:
        The setting; else the first that exists of: in a bare repository its default branch; origin/HEAD,
        origin/main, origin/master; main, master.

    Raises:
        UsageError: no repository, the setting names nothing, or none of the usual refs exists.
    """
    git = Git(repository)
    if setting:
        resolve(git, setting)
        return setting
    for ref in (*_default_branch(git), *_USUAL):
        if git.commit(ref) is not None:
            return ref
    raise UsageError(
        f"no trusted ref in {git.folder}: neither origin/HEAD nor a branch main or master",
        hint="set trusted_ref in [tool.ona], or ONA_TRUSTED_REF, to the protected branch",
    )


def read_trusted(repository: Path, ref: str) -> tuple[str, bytes]:
    """The policy file as it is at a ref.

    Returns:
        The full id of the commit, and the bytes of its ``pyproject.toml``; no bytes where it has none.

    Raises:
        UsageError: no repository, no such ref, or ``pyproject.toml`` is not a file there.
    """
    git = Git(repository)
    commit = resolve(git, ref)
    return commit, _file(git, commit, _FILE) or b""


def read_beside(repository: Path, commit: str, path: str) -> bytes:
    """A file that the policy of a commit names.

    Raises:
        UsageError: the commit has no such file.
    """
    found = _file(Git(repository), commit, path)
    if found is None:
        raise UsageError(
            f"the policy at {commit[:12]} names {path}, and there is no such file",
            hint="commit it, with a path from the top of the repository",
        )
    return found


def _file(git: Git, commit: str, path: str) -> bytes | None:
    entry = tree.entries(git, commit, path).get(path)
    if entry is None:
        return None
    if entry.kind != "file":
        raise UsageError(f"{path} at {commit[:12]} is a {entry.kind}; wanted a file")
    return content(git, entry)


def _default_branch(git: Git) -> tuple[str, ...]:
    if git.run("rev-parse", "--is-bare-repository").strip() != b"true":
        return ()
    head = git.run("symbolic-ref", "--quiet", "HEAD", known=frozenset({0, 1})).decode().strip()
    return (head,) if head else ()
