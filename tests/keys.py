"""SSH keys, made for one test, and what is signed with them."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Key:
    """A key pair of its own kind, without a passphrase where the test gives none."""

    def __init__(self, folder: Path, name: str, *, kind: str = "ed25519", passphrase: str = "") -> None:
        self.path = folder / name
        folder.mkdir(parents=True, exist_ok=True)
        run("ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", name, "-f", str(self.path))

    @property
    def public(self) -> str:
        """Key type and key, without the comment."""
        return " ".join(self.path.with_suffix(".pub").read_text().split()[:2])

    @property
    def fingerprint(self) -> str:
        """As ``ssh-keygen -l`` prints it."""
        return run("ssh-keygen", "-l", "-f", f"{self.path}.pub").split()[1]

    def line(self, principals: str, options: str = "") -> str:
        """A line of an allowed_signers file."""
        return " ".join(part for part in (principals, options, self.public) if part) + "\n"


@contextmanager
def agent(*keys: Key) -> Iterator[str]:
    """An ssh-agent that holds the keys, whose files are gone; its socket."""
    said = run("ssh-agent", "-s")
    socket, pid = (said.split(f"{name}=")[1].split(";")[0] for name in ("SSH_AUTH_SOCK", "SSH_AGENT_PID"))
    try:
        for key in keys:
            run("ssh-add", "-q", str(key.path), environment={"SSH_AUTH_SOCK": socket})
            key.path.unlink()
        yield socket
    finally:
        run("kill", pid)


def run(*command: str, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, env=os.environ | (environment or {}), capture_output=True, text=True, check=True
    )
    return done.stdout
