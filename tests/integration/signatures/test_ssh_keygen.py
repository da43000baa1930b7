"""Signatures by the real ssh-keygen and ssh-agent."""

import base64
import hashlib
import struct
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ona_pipeline.clients import ssh_signatures
from ona_pipeline.clients.ssh_refusals import SignatureError
from ona_pipeline.clients.ssh_signatures import fingerprint, must_be_readable, sign, verify
from ona_pipeline.errors import BackendError, UsageError
from ona_pipeline.policy.signers import Signers
from tests.keys import Key, agent

WORDS = b'{"verb":"approve"}'
AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def key(tmp_path: Path) -> Key:
    return Key(tmp_path, "approver")


def signed(key: Key, content: bytes = WORDS, namespace: str = "ona-decision") -> str:
    return sign(content, namespace=namespace, key=str(key.path), folder=Path("/"))


def judged(
    signature: str, lines: str, *, names: tuple[str, ...] = ("approver",), content: bytes = WORDS
) -> str:
    return verify(
        content,
        signature,
        names=names,
        signers=Signers(lines.encode(), "allowed_signers"),
        namespace="ona-decision",
        at=AT,
    )


def refused(signature: str, lines: str, *, content: bytes = WORDS) -> SignatureError:
    with pytest.raises(SignatureError) as refusal:
        judged(signature, lines, content=content)
    return refusal.value


class TestAccepted:
    @pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
    def test_a_signature_by_a_key_of_that_name(self, tmp_path: Path, kind: str) -> None:
        key = Key(tmp_path, "approver", kind=kind)
        assert judged(signed(key), key.line("approver")) == "approver"

    def test_by_any_name_that_the_person_has_and_says_which(self, key: Key) -> None:
        names = ("approver", "approver@example.org")
        assert judged(signed(key), key.line("*@example.org"), names=names) == "approver@example.org"

    def test_by_a_key_that_only_the_agent_holds(self, key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
        with agent(key) as socket:
            monkeypatch.setenv("SSH_AUTH_SOCK", socket)
            by_path = sign(WORDS, namespace="ona-decision", key=f"{key.path}.pub", folder=Path("/"))
            written_out = sign(WORDS, namespace="ona-decision", key=f"key::{key.public}", folder=Path("/"))
        assert judged(by_path, key.line("approver")) == judged(written_out, key.line("approver"))

    def test_by_a_key_whose_fingerprint_ssh_keygen_prints(self, key: Key) -> None:
        assert fingerprint(WORDS, signed(key), namespace="ona-decision") == key.fingerprint

    def test_by_a_security_key(self) -> None:
        signature, line = security_key()
        assert judged(signature, line) == "approver"

    def test_a_key_that_has_expired_since(self, key: Key) -> None:
        assert judged(signed(key), key.line("approver", 'valid-before="20261124"')) == "approver"

    def test_a_relative_path_starts_from_the_folder(self, key: Key) -> None:
        signature = sign(WORDS, namespace="ona-decision", key=key.path.name, folder=key.path.parent)
        assert judged(signature, key.line("approver")) == "approver"

    def test_the_same_on_a_machine_in_another_time_zone(
        self, key: Key, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TZ", "Pacific/Auckland")
        line = key.line("approver", 'valid-after="202611231159",valid-before="202611231201"')
        assert judged(signed(key), line) == "approver"


class TestRefused:
    def test_over_other_bytes(self, key: Key) -> None:
        assert refused(signed(key), key.line("approver"), content=b"other").code == "signature-mismatch"

    def test_made_for_another_purpose(self, key: Key) -> None:
        error = refused(signed(key, namespace="git"), key.line("approver"))
        assert error.code == "signature-namespace"
        assert "another purpose" in error.message

    def test_by_a_key_that_may_sign_for_other_purposes_only(self, key: Key) -> None:
        assert refused(signed(key), key.line("approver", 'namespaces="git"')).code == "signature-namespace"

    def test_by_a_key_that_had_expired(self, key: Key) -> None:
        error = refused(signed(key), key.line("approver", 'valid-before="20261123"'))
        assert error.code == "signature-expired"
        assert "had expired" in error.message
        assert "allowed_signers" in error.hint

    def test_by_a_key_that_was_not_valid_yet(self, key: Key) -> None:
        line = key.line("approver", 'valid-after="20261124"')
        assert refused(signed(key), line).code == "signature-expired"

    def test_by_a_key_of_somebody_else(self, key: Key) -> None:
        error = refused(signed(key), key.line("releaser"))
        assert error.code == "signature-unknown-key"
        assert "wanted a signature by approver, found one by a key of releaser" in error.message

    def test_by_a_key_that_nobody_is_known_by_and_names_it(self, key: Key, tmp_path: Path) -> None:
        error = refused(signed(Key(tmp_path, "stranger")), key.line("approver"))
        assert error.code == "signature-unknown-key"
        assert "nobody is known by (SHA256:" in error.message

    def test_where_nobody_is_known_at_all(self, key: Key) -> None:
        assert refused(signed(key), "").code == "signature-unknown-key"

    @pytest.mark.parametrize("text", ["", "yes", "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END"])
    def test_what_is_no_signature(self, key: Key, text: str) -> None:
        assert refused(text, key.line("approver")).code == "signature-unreadable"

    def test_a_signature_with_any_byte_changed(self, key: Key) -> None:
        signature, line = signed(key), key.line("approver")
        for place in range(0, len(signature), 23):
            other = "~" if signature[place] == " " else " "
            refused(signature[:place] + other + signature[place + 1 :], line)


class TestAllowedSigners:
    @pytest.mark.parametrize(
        ("broken", "said"),
        [
            ("approver", "missing key"),
            ("approver ssh-ed25519 AAAA", "invalid key"),
            ('approver valid-before="soon" {key}', 'invalid "valid-before" time'),
            ("approver colour=red ssh-ed25519 AAAA", "invalid key"),
        ],
    )
    def test_a_line_that_cannot_be_parsed_is_named(self, key: Key, broken: str, said: str) -> None:
        lines = (
            f"# who may sign\n{key.line('releaser')}{broken.format(key=key.public)}\n{key.line('approver')}"
        )
        with pytest.raises(UsageError) as error:
            must_be_readable(Signers(lines.encode(), ".ona/allowed_signers at main"))
        assert error.value.message.startswith(".ona/allowed_signers at main, line 3: ")
        assert said in error.value.message
        with pytest.raises(UsageError, match="line 3"):
            judged(signed(Key(key.path.parent, "stranger")), lines)

    def test_a_file_with_comments_and_blank_lines_is_read(self, key: Key) -> None:
        must_be_readable(Signers(f"# who may\n\n{key.line('approver')}".encode(), "allowed_signers"))


class TestSigning:
    def test_a_key_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="there is no signing key") as error:
            sign(WORDS, namespace="ona-decision", key="id_none", folder=tmp_path)
        assert "signing_key" in error.value.hint

    def test_a_key_that_no_agent_holds(self, key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
        with pytest.raises(BackendError, match="could not sign with ssh-ed25519 AAAA") as error:
            sign(WORDS, namespace="ona-decision", key=key.public, folder=Path("/"))
        assert "ssh-add" in error.value.hint

    def test_a_program_that_is_not_installed(self, key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
        signature = signed(key)
        monkeypatch.setenv("PATH", "/nowhere")
        with pytest.raises(BackendError, match="ssh-keygen is not installed") as error:
            signed(key)
        assert "OpenSSH" in error.value.hint
        with pytest.raises(BackendError, match="ssh-keygen is not installed"):
            judged(signature, key.line("approver"))

    def test_what_is_signed_here_is_what_ssh_keygen_alone_accepts(self, key: Key, tmp_path: Path) -> None:
        (tmp_path / "signature").write_text(signed(key))
        (tmp_path / "signers").write_text(key.line("approver"))
        command = "ssh-keygen -Y verify -f signers -I approver -n ona-decision -s signature"
        subprocess.run(command.split(), cwd=tmp_path, input=WORDS, check=True, capture_output=True)


def security_key() -> tuple[str, str]:
    """A signature as a FIDO key makes it, and the line of its owner.

    Source:
        OpenSSH, PROTOCOL.u2f, "SSH U2F Signatures"; PROTOCOL.sshsig.
    """
    secret = Ed25519PrivateKey.generate()
    kind, application = b"sk-ssh-ed25519@openssh.com", b"ssh:"
    public = text(kind) + text(secret.public_key().public_bytes_raw()) + text(application)
    message = (
        b"SSHSIG" + text(b"ona-decision") + text(b"") + text(b"sha512") + text(hashlib.sha512(WORDS).digest())
    )
    touched, counter = b"\x01", struct.pack(">I", 7)
    proof = hashlib.sha256(application).digest() + touched + counter + hashlib.sha256(message).digest()
    made = text(kind) + text(secret.sign(proof)) + touched + counter
    parts = (public, b"ona-decision", b"", b"sha512", made)
    blob = b"SSHSIG" + struct.pack(">I", 1) + b"".join(map(text, parts))
    return ssh_signatures._armoured(blob), f"approver {kind.decode()} {base64.b64encode(public).decode()}\n"


def text(content: bytes) -> bytes:
    """A string of the SSH protocol: its length, then itself."""
    return struct.pack(">I", len(content)) + content
