"""Attestations against the command line of OpenSSF Model Signing: each verifies what the other signed."""

import subprocess
import sys
from pathlib import Path

import pytest

from ona_pipeline.manifest import main
from ona_pipeline.policy.verify import VerifyPolicy
from ona_pipeline.records.evidence import IntegrityEvidence
from ona_pipeline.records.finding import Severity
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.verify.verify import VerifyInput, verify
from tests.digits import Clock, lay_out, remake_manifest
from tests.signing_keys import private_key, public_key

MODEL_SIGNING = Path(sys.executable).with_name("model_signing")


@pytest.fixture(name="snapshot")
def _snapshot(tmp_path: Path) -> Snapshot:
    return lay_out(tmp_path)


@pytest.fixture(name="key")
def _key(tmp_path: Path) -> Path:
    (tmp_path / "key.pem").write_bytes(private_key())
    (tmp_path / "public.pem").write_text(public_key(private_key()))
    return tmp_path / "key.pem"


def model_signing(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [MODEL_SIGNING, *arguments], capture_output=True, text=True, timeout=120, check=False
    )


def theirs(snapshot: Snapshot, key: Path) -> "subprocess.CompletedProcess[str]":
    public = key.with_name("public.pem")
    signature = ("--public_key", public, "--signature", snapshot.attestation)
    return model_signing("verify", "key", *signature, snapshot.model)


def ours(snapshot: Snapshot, *, require_signature: bool = True) -> IntegrityEvidence:
    policy = VerifyPolicy(signing_keys=(public_key(private_key()),), require_signature=require_signature)
    return verify(VerifyInput(snapshot, policy), clock=Clock())


def refusals(snapshot: Snapshot) -> list[tuple[str, str]]:
    return [(one.code, one.subject) for one in ours(snapshot).findings if one.severity is Severity.REFUSAL]


def test_they_verify_what_we_signed(snapshot: Snapshot, key: Path) -> None:
    assert main([str(snapshot.root), "--sign", str(key)]) == 0
    assert refusals(snapshot) == []
    assert theirs(snapshot, key).returncode == 0


def test_we_verify_what_they_signed(snapshot: Snapshot, key: Path) -> None:
    arguments = ("--private_key", key, "--signature", snapshot.attestation)
    signed = model_signing("sign", "key", *arguments, snapshot.model)
    assert signed.returncode == 0, signed.stderr
    assert refusals(snapshot) == []
    assert "attested" in {one.code for one in ours(snapshot).findings}


def test_a_changed_file_is_noticed_by_both(snapshot: Snapshot, key: Path) -> None:
    assert main([str(snapshot.root), "--sign", str(key)]) == 0
    (snapshot.model / "conda.yaml").write_text("name: other\n")
    remake_manifest(snapshot)
    assert refusals(snapshot) == [("attestation-mismatch", "conda.yaml")]
    assert theirs(snapshot, key).returncode != 0


@pytest.mark.parametrize("name", [".gitignore", ".gitattributes", ".git/config"])
def test_what_they_ignore_by_default_we_do_not(snapshot: Snapshot, key: Path, name: str) -> None:
    added = snapshot.model / name
    added.parent.mkdir(exist_ok=True)
    added.write_text("x")
    arguments = ("--private_key", key, "--signature", snapshot.attestation)
    assert model_signing("sign", "key", *arguments, snapshot.model).returncode == 0
    remake_manifest(snapshot)
    assert ("attestation-mismatch", name) in refusals(snapshot)


def test_without_a_signature_that_policy_requires_it_is_refused(snapshot: Snapshot) -> None:
    assert ("attestation-missing", "model.sig") in refusals(snapshot)
    assert ours(snapshot, require_signature=False).findings == ()
