"""Checkpoints in a git repository: commits of a ref of their own, which no branch, index or work tree knows.

Each commit's tree has a folder for each place that a ledger is kept at, with the newest checkpoint of it;
the commit before is its parent. So the ref only grows, and can be fetched and pushed like any other.
"""

from datetime import datetime
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from ona_pipeline.clients.git import Git
from ona_pipeline.errors import BackendError

REF = "refs/ona/checkpoints"
EVERY = "refs/ona/*"
"""Also what was fetched from elsewhere, such as ``refs/ona/origin/checkpoints``."""

NAME, SIGNATURE = "checkpoint.json", "checkpoint.json.sig"
_ATTEMPTS = 20
_DELETED = "D"


class Noted(NamedTuple):
    """A checkpoint as it is kept.

    Attributes:
        where: for messages.
        place: the folder: which ledger it was noted of.
        content: its text.
        signature: armoured; empty where it is not signed.
    """

    where: str
    place: str
    content: bytes
    signature: str


class CheckpointRef:
    """The checkpoints of one repository.

    Args:
        repository: bare or not; git is asked when something is read or added.
    """

    def __init__(self, repository: Path) -> None:
        self._repository = repository

    @cached_property
    def _git(self) -> Git:
        return Git(self._repository)

    def newest(self, place: str) -> bytes | None:
        """The text of the checkpoint that was noted last of a place; None where there is none."""
        known = self._git.run("cat-file", "blob", f"{REF}:{place}/{NAME}", known=frozenset({0, 128}))
        return known or None

    def all(self) -> list[Noted]:
        """Every checkpoint that was ever noted here or fetched, oldest first."""
        asked = ("log", "--reverse", "-m", "--root", "--raw", "--no-abbrev", "--no-renames", "--format=%H")
        found: dict[tuple[str, str], dict[str, str]] = {}
        commit = ""
        for line in self._git.run(*asked, f"--glob={EVERY}").decode().splitlines():
            if not line.startswith(":"):
                commit = line or commit
                continue
            fields, _, path = line.partition("\t")
            *_, blob, status = fields.split()
            place, _, name = path.rpartition("/")
            if status != _DELETED:
                found.setdefault((commit, place), {})[name] = blob
        blobs = self._blobs([blob for files in found.values() for blob in files.values()])
        return [
            Noted(
                where=f"checkpoint {commit[:12]}",
                place=place,
                content=blobs[files[NAME]],
                signature=blobs.get(files.get(SIGNATURE, ""), b"").decode(errors="replace"),
            )
            for (commit, place), files in found.items()
            if NAME in files
        ]

    def add(self, place: str, content: bytes, signature: str, *, by: str, at: datetime) -> None:
        """Note one more; of two writers at once, each is kept.

        Args:
            place: the folder.
            content: its text.
            signature: armoured; empty where it is not signed.
            by: who notes it, as ``name <email>``.
            at: when, aware.

        Raises:
            BackendError: the repository cannot be written to.
        """
        files = {NAME: content} | ({SIGNATURE: signature.encode()} if signature else {})
        folder = self._tree({name: ("blob", self._kept("blob", text)) for name, text in files.items()})
        for attempt in range(_ATTEMPTS):
            before = self._tip()
            tree = self._tree({**self._folders(before), place: ("tree", folder)})
            commit = self._kept("commit", _commit(tree, before, by=by, at=at))
            try:
                self._git.run("update-ref", REF, commit, before)
            except BackendError:
                if attempt == _ATTEMPTS - 1 or self._tip() == before:
                    raise
            else:
                return

    def _tip(self) -> str:
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", REF)
        return self._git.run(*asked, known=frozenset({0, 1})).decode().strip()

    def _folders(self, commit: str) -> dict[str, tuple[str, str]]:
        listed = self._git.run("ls-tree", commit).decode().splitlines() if commit else []
        lines = (line.partition("\t") for line in listed)
        return {name: ("tree", fields.split()[2]) for fields, _, name in lines}

    def _tree(self, entries: dict[str, tuple[str, str]]) -> str:
        modes = {"blob": "100644", "tree": "040000"}
        lines = (f"{modes[kind]} {kind} {found}\t{name}\n" for name, (kind, found) in entries.items())
        return self._git.run("mktree", content="".join(lines).encode()).decode().strip()

    def _kept(self, kind: str, content: bytes) -> str:
        return self._git.run("hash-object", "-t", kind, "-w", "--stdin", content=content).decode().strip()

    def _blobs(self, names: list[str]) -> dict[str, bytes]:
        answer = BytesIO(self._git.run("cat-file", "--batch", content="\n".join(names).encode()))
        found = {}
        for name in names:
            header = answer.readline().split()
            if header[-1] == b"missing":
                raise BackendError(f"git has no object {name}, which a checkpoint is in", hint="git fsck")
            found[name] = answer.read(int(header[-1]))
            answer.readline()
        return found


def _commit(tree: str, parent: str, *, by: str, at: datetime) -> bytes:
    """A commit as git keeps it; `git commit-tree` would want a configured identity."""
    stamp = f"{by} {int(at.timestamp())} +0000"
    lines = [
        f"tree {tree}",
        *([f"parent {parent}"] if parent else []),
        f"author {stamp}",
        f"committer {stamp}",
    ]
    return ("\n".join(lines) + "\n\nona ledger checkpoint\n").encode()
