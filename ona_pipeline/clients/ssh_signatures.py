"""SSH signatures by the program ssh-keygen: keys, agents and allowed_signers files as users of git have them.

Nothing is judged here that ssh-keygen does not judge: whoever doubts a signature asks that program alone.

Source:
    ssh-keygen(1), "-Y sign", "-Y verify" and "ALLOWED SIGNERS"; OpenSSH, PROTOCOL.sshsig.
"""

import base64
import os
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec

from ona_pipeline.clients.ssh_refusals import SignatureError, broken_line, invalid, not_accepted
from ona_pipeline.errors import BackendError, UsageError
from ona_pipeline.policy.signers import Signers

PUBLIC = ("ssh-", "ecdsa-", "sk-", "key::")
"""How a public key begins that is written out, and not the path to one; ``key::`` is git's word for it."""

# Made by a key that is nobody's: a file that has every line right does not know it.
_STRANGER = """\
-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgb3nAPt4OLBt/PHKtOLQBrFQf9q
pf7BKNxgchwVxfoDcAAAAGbm9ib2R5AAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1lZDI1
NTE5AAAAQLYrGt1EAFyOSPTOlBy2/PFXyRD7ViTJTvNkAFGSFTQcfV6VWTyZEgNe6CdApU
Wlnh2IvSRmscNMsdyVv3I4nQY=
-----END SSH SIGNATURE-----
"""
_BEGIN, _END, _WIDTH = "-----BEGIN SSH SIGNATURE-----\n", "-----END SSH SIGNATURE-----\n", 70


def sign(content: bytes, *, namespace: str, key: str, folder: Path) -> str:
    """Sign with a key file, or with the agent that holds the private half of a public key.

    Args:
        content: what is signed.
        namespace: what the signature is for; it counts for nothing else.
        key: path to a private or public key, or a public key written out.
        folder: what a relative path starts from.

    Returns:
        The armoured signature.

    Raises:
        UsageError: there is no such key.
        BackendError: ssh-keygen is not there, or did not sign.
    """
    with tempfile.TemporaryDirectory(prefix="ona-") as scratch:
        path = _key_file(key, folder, Path(scratch))
        done = _run("-Y", "sign", "-q", "-f", str(path), "-n", namespace, content=content)
    if done.returncode:
        raise BackendError(
            f"ssh-keygen could not sign with {key}: {_said(done) or 'it gave no reason'}",
            hint="a key with a passphrase signs through ssh-agent: ssh-add; ssh-add -L lists what it holds",
        )
    return _armoured(_blob(done.stdout.decode(errors="replace")))


def verify(
    content: bytes, signature: str, *, names: Sequence[str], signers: Signers, namespace: str, at: datetime
) -> str:
    """Find out in whose name `content` is signed.

    Args:
        content: what was signed.
        signature: armoured.
        names: the principals that it may be signed as, in the order in which they are tried.
        signers: who may sign with which key.
        namespace: what the signature has to be for.
        at: when it was made, aware: the key has to be valid then.

    Returns:
        The first of `names` that it is signed as.

    Raises:
        SignatureError: it is not a signature of these bytes, for this purpose, by a key of these names.
        UsageError: a line of the signers cannot be parsed.
        BackendError: ssh-keygen is not there.
    """
    _must_be_canonical(signature)
    with tempfile.TemporaryDirectory(prefix="ona-") as scratch:
        files = _Files.written(Path(scratch), signature, signers)
        said = ""
        for name in names:
            done = files.ask("verify", "-I", name, "-n", namespace, at=at, content=content)
            if done.returncode == 0:
                return name
            said += _said(done)
        owner = _said(files.ask("find-principals", at=at), out=True)
    key = fingerprint(content, signature, namespace=namespace)
    must_be_readable(signers)
    raise not_accepted(said, names=names, owner=owner, key=key, signers=signers.subject)


def fingerprint(content: bytes, signature: str, *, namespace: str) -> str:
    """The fingerprint of the key, whosever it is, that `content` is signed with.

    Raises:
        SignatureError: it is not a signature of these bytes, for this purpose.
        BackendError: ssh-keygen is not there.
    """
    _must_be_canonical(signature)
    with tempfile.TemporaryDirectory(prefix="ona-") as scratch:
        files = _Files.written(Path(scratch), signature, Signers(b"", ""))
        done = files.ask("check-novalidate", "-n", namespace, content=content)
    if done.returncode:
        raise invalid(_said(done))
    return _said(done, out=True).rpartition(" ")[2]


@cache
def must_be_readable(signers: Signers) -> None:
    """Let the file pass only if ssh-keygen understands each line of it.

    Raises:
        UsageError: one cannot be parsed; the message says which.
        BackendError: ssh-keygen is not there.
    """
    # ssh-keygen passes over a blank line, but speaks of it as it does of a broken one.
    lines = b"\n".join(line if line.strip() else b"#" for line in signers.content.split(b"\n"))
    with tempfile.TemporaryDirectory(prefix="ona-") as scratch:
        files = _Files.written(Path(scratch), _STRANGER, Signers(lines, signers.subject))
        done = files.ask("find-principals", at=datetime.now(UTC))
    if line := broken_line(_said(done), file=str(files.signers)):
        raise UsageError(
            f"{signers.subject}, line {line.number}: {line.reason}",
            hint='wanted: PRINCIPAL[,PRINCIPAL] [namespaces="…",valid-before="…"] KEYTYPE KEY',
        )


class _Files(msgspec.Struct, frozen=True):
    """What ssh-keygen wants as files."""

    signature: Path
    signers: Path

    @classmethod
    def written(cls, folder: Path, signature: str, signers: Signers) -> "_Files":
        files = cls(folder / "signature", folder / "signers")
        files.signature.write_text(signature)
        files.signers.write_bytes(signers.content)
        return files

    def ask(
        self, question: str, *arguments: str, at: datetime | None = None, content: bytes = b""
    ) -> "subprocess.CompletedProcess[bytes]":
        options = [*arguments, "-s", str(self.signature)]
        if at is not None:
            options += ["-f", str(self.signers), f"-Overify-time={at.astimezone(UTC):%Y%m%d%H%M%S}"]
        return _run("-Y", question, *options, content=content)


def _key_file(key: str, folder: Path, scratch: Path) -> Path:
    if key.startswith(PUBLIC):
        path = scratch / "key.pub"
        path.write_text(key.removeprefix("key::") + "\n")
        return path
    path = folder / Path(key).expanduser()
    if not path.is_file():
        raise UsageError(
            f"there is no signing key {path}",
            hint='set signing_key in [tool.ona], or ONA_SIGNING_KEY: a key file, or "ssh-ed25519 AAAA…"',
        )
    return path


def _run(*arguments: str, content: bytes) -> "subprocess.CompletedProcess[bytes]":
    """Times in files and options are UTC where they do not say otherwise, on every machine alike."""
    environment = os.environ | {"TZ": "UTC", "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["ssh-keygen", *arguments], input=content, env=environment, capture_output=True, check=False
        )
    except FileNotFoundError as error:
        raise BackendError(
            "ssh-keygen is not installed", hint="install OpenSSH's client programs, 8.8 or newer"
        ) from error


def _said(done: "subprocess.CompletedProcess[bytes]", *, out: bool = False) -> str:
    return (done.stdout if out else done.stderr).decode(errors="replace").strip()


def _must_be_canonical(signature: str) -> None:
    if _armoured(_blob(signature)) != signature:
        raise SignatureError("signature-unreadable", "the signature is not as ssh-keygen would write it")


def _blob(signature: str) -> bytes:
    try:
        body = signature.split(_BEGIN, 1)[1].split(_END, 1)[0]
        return base64.b64decode(body.replace("\n", ""), validate=True)
    except (IndexError, ValueError) as error:
        raise SignatureError("signature-unreadable", "what stands there is not an SSH signature") from error


def _armoured(blob: bytes) -> str:
    text = base64.b64encode(blob).decode()
    lines = (text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH))
    return _BEGIN + "".join(f"{line}\n" for line in lines) + _END
