"""Attestations of models: by a key of the policy, about exactly the files of the model manifest."""

import base64
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ona_pipeline.attestation.keys import read_key
from ona_pipeline.attestation.signer import FileSigner
from ona_pipeline.errors import UsageError
from ona_pipeline.records.finding import Finding, Severity
from ona_pipeline.serving import manifest
from ona_pipeline.serving.manifest import Manifest
from ona_pipeline.verify.attestation import attest, judge
from tests.signing_keys import private_key, public_key


@pytest.fixture(name="files")
def _files(tmp_path: Path) -> Manifest:
    (tmp_path / "deep").mkdir()
    for name in ("MLmodel", "model.skops", "deep/ö.bin"):
        (tmp_path / name).write_text(name)
    return manifest.parse(manifest.make(tmp_path))


def judged(content: bytes | None, files: Manifest, **changes: Any) -> list[Finding]:
    settings = {"subject": "model.sig", "keys": (public_key(private_key()),), "is_required": True}
    return list(judge(content, files, **{**settings, **changes}))


def codes(content: bytes | None, files: Manifest, **changes: Any) -> list[str]:
    return [one.code for one in judged(content, files, **changes) if one.severity is Severity.REFUSAL]


def reopened(content: bytes, **changes: Any) -> bytes:
    """The attestation with parts of its statement replaced, and signed anew by the same key."""
    bundle = msgspec.json.decode(content)
    statement = msgspec.json.decode(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    payload = msgspec.json.encode({**statement, **changes})
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
    return msgspec.json.encode(bundle)


@pytest.mark.parametrize("curve", [ec.SECP256R1, ec.SECP384R1, ec.SECP521R1])
def test_what_a_key_of_the_policy_signed_passes_and_the_key_is_named(
    files: Manifest, curve: type[ec.EllipticCurve]
) -> None:
    key = private_key("curves", curve)
    [note] = judged(attest(files, "model", FileSigner(key)), files, keys=(public_key(key),))
    assert (note.code, note.severity) == ("attested", Severity.NOTE)


def test_one_of_several_keys_is_enough(files: Manifest) -> None:
    keys = (public_key(private_key("other")), public_key(private_key()))
    assert codes(attest(files, "model", FileSigner(private_key())), files, keys=keys) == []


def test_another_key_is_refused(files: Manifest) -> None:
    assert codes(attest(files, "model", FileSigner(private_key("other"))), files) == ["attestation-untrusted"]


def test_without_any_key_in_the_policy_what_is_required_is_refused(files: Manifest) -> None:
    assert codes(attest(files, "model", FileSigner(private_key())), files, keys=()) == [
        "attestation-untrusted"
    ]


def test_a_missing_attestation_is_refused_where_policy_requires_one(files: Manifest) -> None:
    assert codes(None, files) == ["attestation-missing"]
    assert judged(None, files, is_required=False) == []


def test_where_nobody_asks_for_attestations_none_is_looked_at(files: Manifest) -> None:
    assert judged(b"nonsense", files, keys=(), is_required=False) == []


def test_one_that_is_there_is_judged_though_none_is_required(files: Manifest) -> None:
    assert codes(b"nonsense", files, is_required=False) == ["attestation-unreadable"]


def test_a_changed_file_is_named_with_what_was_signed_and_what_is_declared(files: Manifest) -> None:
    signed = attest(files, "model", FileSigner(private_key()))
    other = {**files, "model.skops": manifest.Entry(f"sha256:{'0' * 64}", 1)}
    [finding] = [one for one in judged(signed, other) if one.severity is Severity.REFUSAL]
    assert (finding.code, finding.subject) == ("attestation-mismatch", "model.skops")
    assert files["model.skops"].digest in finding.sentence
    assert "0" * 64 in finding.sentence


@pytest.mark.parametrize("name", [".gitignore", ".git/config", "model.sig", "evil.py"])
def test_no_file_goes_unsigned_whatever_its_name(files: Manifest, name: str) -> None:
    signed = attest(files, "model", FileSigner(private_key()))
    added = {**files, name: manifest.Entry(f"sha256:{'0' * 64}", 1)}
    assert codes(signed, added) == ["attestation-mismatch"]
    assert codes(attest(added, "model", FileSigner(private_key())), files) == ["attestation-mismatch"]


def test_a_statement_that_was_changed_after_signing_is_untrusted(files: Manifest) -> None:
    signed = attest(files, "model", FileSigner(private_key()))
    assert codes(reopened(signed, extra=1), files) == ["attestation-untrusted"]


@pytest.mark.parametrize(
    "changes",
    [
        {"_type": "https://in-toto.io/Statement/v0.1"},
        {"predicateType": "https://slsa.dev/provenance/v1"},
        {"predicate": {"resources": [], "serialization": {"method": "shards"}}},
        {"predicate": {"resources": [], "serialization": {"method": "files"}}},
        {"predicate": {}},
        {"subject": []},
        {"subject": [{"name": "model", "digest": {"sha256": "0" * 64}}]},
    ],
)
def test_another_statement_is_unreadable(files: Manifest, changes: dict[str, Any]) -> None:
    changed = reopened(attest(files, "model", FileSigner(private_key())), **changes)
    assert codes(changed, files) == ["attestation-unreadable"]


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b"null", b'{"mediaType":"x","dsseEnvelope":{}}', b"\xff", b"[" * 100_000],
    ids=["nothing", "list", "object", "null", "parts", "no text", "deep"],
)
def test_what_is_no_bundle_is_unreadable(files: Manifest, content: bytes) -> None:
    assert codes(content, files) == ["attestation-unreadable"]


def test_a_file_that_is_listed_twice_is_unreadable(files: Manifest) -> None:
    signed = attest(files, "model", FileSigner(private_key()))
    payload = base64.b64decode(msgspec.json.decode(signed)["dsseEnvelope"]["payload"])
    predicate = msgspec.json.decode(payload)["predicate"]
    twice = {**predicate, "resources": predicate["resources"] * 2}
    assert codes(reopened(signed, predicate=twice), files) == ["attestation-unreadable"]


def test_a_byte_that_is_changed_anywhere_is_never_accepted_for_other_files(files: Manifest) -> None:
    signed = attest(files, "model", FileSigner(private_key()))
    chance = random.Random(7)
    wanted = base64.b64decode(msgspec.json.decode(signed)["dsseEnvelope"]["payload"])
    for _ in range(500):
        at, bits = chance.randrange(len(signed)), chance.randrange(1, 256)
        changed = signed[:at] + bytes([signed[at] ^ bits]) + signed[at + 1 :]
        if not codes(changed, files):  # the hint and the version of the bundle are signed by nobody
            assert base64.b64decode(msgspec.json.decode(changed)["dsseEnvelope"]["payload"]) == wanted


@pytest.mark.parametrize(
    "key", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_what_is_no_private_key_is_told(tmp_path: Path, key: bytes) -> None:
    (tmp_path / "key.pem").write_bytes(key)
    with pytest.raises(UsageError, match=r"the signing key .*key\.pem cannot be read"):
        read_key(tmp_path / "key.pem")


def test_a_key_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: FileNotFoundError"):
        read_key(tmp_path / "key.pem")


def test_a_key_on_another_curve_is_told(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(private_key("curves", ec.SECP256K1))
    with pytest.raises(UsageError, match="secp256k1"):
        read_key(tmp_path / "key.pem")


def test_a_policy_with_what_is_no_public_key_is_told(files: Manifest) -> None:
    with pytest.raises(UsageError, match="signing_keys"):
        judged(None, files, keys=("no key",))
