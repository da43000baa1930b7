"""Where we are: the repository, its settings, and the ledger that belongs to it."""

import os
import subprocess
from pathlib import Path

import msgspec

from ona_pipeline import settings
from ona_pipeline.clients.git import Git
from ona_pipeline.clients.ssh_signatures import must_be_readable
from ona_pipeline.errors import UsageError
from ona_pipeline.policy import Policy, Signers, parse_policy
from ona_pipeline.records.digest import Digest
from ona_pipeline.settings import Settings
from ona_pipeline.signing import Signing
from ona_pipeline.source.read import models
from ona_pipeline.source.trusted import read_beside, read_trusted, trusted_ref
from ona_pipeline.source.uncommitted import notice, uncommitted


class Project(msgspec.Struct, frozen=True):
    """A repository of models.

    Attributes:
        folder: the top of the work tree, or the bare repository itself.
        settings: joined from its ``pyproject.toml`` and the environment.
        origins: where each setting came from.
    """

    folder: Path
    settings: Settings
    origins: dict[str, str]

    @property
    def ledger_url(self) -> str:
        """The ledger that was set, else a SQLite file in the user's state folder, one for each repository.

        Raises:
            UsageError: nothing was set and this is a CI system, whose disk is lost when the job ends.
        """
        if self.settings.ledger:
            return self.settings.ledger
        if os.environ.get("CI") in {"true", "1"}:
            raise UsageError(
                "under CI the ledger must be set, for this disk is lost when the job ends",
                hint="ONA_LEDGER=postgresql://… or sqlite:////a/folder/that/stays/ledger.db",
            )
        from platformdirs import user_state_path

        key = f"{self.folder.name}-{Digest.of(os.fsencode(self.folder)).short[:8]}"
        return f"sqlite:///{user_state_path('ona') / key / 'ledger.db'}"

    def policy(self, commit: str = "") -> tuple[str, Policy]:
        """The policy, and the commit it was read at: `commit`, else the trusted ref as it is now.

        Raises:
            UsageError: no such commit, or the policy cannot be read.
        """
        at = commit or trusted_ref(self.folder, self.settings.trusted_ref)
        found, content = read_trusted(self.folder, at)

        def beside(path: str) -> bytes:
            signers = Signers(read_beside(self.folder, found, path), f"{path} at {at}")
            must_be_readable(signers)
            return signers.content

        return found, parse_policy(content, subject=f"pyproject.toml at {at}", beside=beside)

    def judging(self, trusted: str, commit: str) -> Policy:
        """The policy now, without what a commit itself changed in the policy that it is judged by.

        On a server that releases what is pushed, the trusted ref has the pushed commit by the time its
        promotions are decided on.

        Args:
            trusted: the commit at which policy was read when the release began.
            commit: the one that is released.

        Raises:
            UsageError: no such commit, or a policy cannot be read.
        """
        at, now = self.policy()
        if at == trusted:
            return now
        before = self.policy(trusted)[1]
        return now if now == before else now.without_own(self.policy(commit)[1], before)

    @property
    def signing(self) -> Signing:
        """What this process signs with."""
        is_ssh = git_setting(self.folder, "gpg.format") == "ssh"
        git_key = git_setting(self.folder, "user.signingkey") if is_ssh else ""
        return Signing(folder=self.folder, key=self.settings.signing_key, git_key=git_key)

    def only_model(self, revision: str) -> str:
        """The one model that a revision holds.

        Raises:
            UsageError: it holds none, or more than one.
        """
        found = models(self.folder, revision)
        if len(found) == 1:
            return found[0]
        hint = (
            f"name one: {', '.join(found)}" if found else "a model is a folder of models/ with a release.toml"
        )
        raise UsageError(f"{revision} holds {len(found)} models", hint=hint)

    def uncommitted(self, model: str) -> str:
        """A sentence about changes that no commit holds; empty where there are none."""
        return notice(uncommitted(self.folder, model))


def here() -> Project:
    """The project that this process was started in.

    Raises:
        UsageError: it was not started in a repository, or the settings cannot be meant.
    """
    folder, is_bare = _repository(Path.cwd())
    if is_bare:
        ref = trusted_ref(folder, os.environ.get("ONA_TRUSTED_REF", ""))
        configured = settings.load(read_trusted(folder, ref)[1], subject=f"pyproject.toml at {ref}")
    else:
        configured = settings.read(folder)
    return Project(folder, configured.settings, configured.origins)


def is_near(start: Path) -> bool:
    """Whether a git repository is at `start` or above it, bare or not, readable or not."""
    return any(
        (folder / ".git").exists() or ((folder / "HEAD").is_file() and (folder / "objects").is_dir())
        for folder in (start, *start.parents)
    )


def _repository(start: Path) -> tuple[Path, bool]:
    git = Git(start)
    if git.run("rev-parse", "--is-bare-repository").strip() == b"true":
        return git.directory, True
    return Path(os.fsdecode(git.run("rev-parse", "--show-toplevel").rstrip(b"\n"))), False


def git_setting(folder: Path, name: str) -> str:
    """What git's configuration says, a claim where it is about a person; empty where it says nothing."""
    asked = subprocess.run(
        ["git", "-C", str(folder), "config", "--get", name], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()
