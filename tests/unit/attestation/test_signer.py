"""Keys in files, and key services behind Sigstore's plug-ins: what goes there, and what comes back."""

import os
import sys
from pathlib import Path

import pytest

from ona_pipeline.attestation.bundle import is_by, seal, unseal
from ona_pipeline.attestation.keys import fingerprint
from ona_pipeline.attestation.keys import public_key as read_public
from ona_pipeline.attestation.signer import FileSigner, signer
from ona_pipeline.errors import BackendError, UsageError
from tests.signing_keys import private_key, public_key

# Answers as Sigstore's own client reads it: one JSON object, errors in it.
SERVICE = """#!{python}
import base64, json, sys
from pathlib import Path
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

version, asked = sys.argv[1], json.loads(sys.argv[2])
Path({seen!r}).write_text(sys.argv[2])
key = load_pem_private_key(Path({key!r}).read_bytes(), None)
if version != "v1" or asked["initOptions"]["keyResourceID"] != "team/releases":
    answer = {{"errorMessage": "no such key"}}
elif asked["methodName"] == "publicKey":
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    answer = {{"publicKey": {{"publicKeyPEM": base64.b64encode(pem).decode()}}}}
else:
    signed = key.sign(sys.stdin.buffer.read(), ec.ECDSA(hashes.SHA256()))
    answer = {{"signMessage": {{"signature": base64.b64encode(signed).decode()}}}}
print(json.dumps(answer))
"""


def install(folder: Path, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "sigstore-kms-vault"
    path.write_text(program)
    path.chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.fixture(name="service")
def _service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "key.pem").write_bytes(private_key())
    seen, key = str(tmp_path / "seen"), str(tmp_path / "key.pem")
    install(tmp_path, SERVICE.format(python=sys.executable, seen=seen, key=key), monkeypatch)
    return tmp_path


def test_what_a_key_service_signs_counts_by_its_public_key(service: Path) -> None:
    by = signer("vault://team/releases", service)
    opened = unseal(seal(b"{}", by))
    assert is_by(read_public(public_key(private_key()), where="the test"), opened)
    assert fingerprint(by.public_key) == fingerprint(FileSigner(private_key()).public_key)


def test_neither_key_nor_message_is_on_the_command_line(service: Path) -> None:
    signer("vault://team/releases", service).sign(b"a message")
    seen = (service / "seen").read_text()
    assert "signMessage" in seen
    assert "a message" not in seen
    assert "PRIVATE" not in seen


def test_what_a_key_service_says_no_to_is_told(service: Path) -> None:
    with pytest.raises(BackendError, match="sigstore-kms-vault says: no such key"):
        signer("vault://team/others", service).sign(b"")


@pytest.mark.parametrize(
    "words", ["", "nonsense", "[]", '{"publicKey": {}}', '{"publicKey": {"publicKeyPEM": 1}}']
)
def test_a_key_service_that_gives_nothing_is_a_backend_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    install(tmp_path, f"#!/bin/sh\necho '{words}'\n", monkeypatch)
    with pytest.raises(BackendError, match="the signing key vault://key: sigstore-kms-vault gave no"):
        signer("vault://key", tmp_path).sign(b"")


def test_a_key_service_that_nobody_installed_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs the program sigstore-kms-nowhere, which is not there"):
        signer("nowhere://key", tmp_path).sign(b"")


def test_a_path_is_a_file_from_where_the_project_is(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(private_key())
    assert fingerprint(signer("key.pem", tmp_path).public_key)
    with pytest.raises(UsageError, match="cannot be read: FileNotFoundError"):
        signer("other.pem", tmp_path)
