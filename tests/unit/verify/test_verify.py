"""The stage as a whole, and the files against the model manifest."""

import msgspec

from ona_pipeline.policy import VerifyPolicy
from ona_pipeline.records.canonical import decode, encode
from ona_pipeline.records.declaration import ModelFiles
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import IntegrityEvidence
from ona_pipeline.records.finding import Verdict
from tests.digits import redeclared, remake_manifest


def test_the_committed_digits_model_passes(judge, snapshot):
    evidence = judge()
    assert evidence.verdict is Verdict.PASSED
    assert evidence.findings == ()
    assert evidence.subject == snapshot.model_digest
    assert evidence.format == "skops"
    assert "sklearn.neural_network._multilayer_perceptron.MLPClassifier" in evidence.types
    assert evidence.files == len(list(snapshot.model.iterdir()))
    assert evidence.lock == Digest.of(snapshot.lock.read_bytes())
    assert evidence.policy == VerifyPolicy().digest
    assert evidence.started_at < evidence.finished_at
    assert decode(encode(evidence), IntegrityEvidence) == evidence


def test_a_changed_byte_is_refused_with_both_digests(judge, snapshot):
    path = snapshot.model / "model.skops"
    wanted = Digest.of(path.read_bytes())
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    [finding] = [finding for finding in judge().findings if finding.code == "digest-mismatch"]
    assert finding.subject == "model.skops"
    assert wanted in finding.sentence
    assert Digest.of(bytes(content)) in finding.sentence


def test_missing_added_and_linked_files_are_each_named(codes, snapshot):
    (snapshot.model / "conda.yaml").unlink()
    (snapshot.model / ".hidden").write_text("more")
    (snapshot.model / "link").symlink_to("MLmodel")
    (snapshot.model / "away").symlink_to("/etc/hostname")
    found = codes()
    assert ("missing", "conda.yaml") in found
    assert ("added", ".hidden") in found
    assert ("symlink", "link") in found
    assert ("outside", "away") in found


def test_a_manifest_entry_outside_the_model_is_refused(codes, snapshot):
    content = msgspec.json.decode(snapshot.manifest.read_bytes())
    content["files"]["../train.py"] = content["files"]["MLmodel"]
    snapshot.manifest.write_bytes(msgspec.json.encode(content))
    assert ("outside", "../train.py") in codes()


def test_a_missing_manifest_is_refused(judge, snapshot):
    snapshot.manifest.unlink()
    evidence = judge()
    assert [finding.code for finding in evidence.findings] == ["manifest-missing"]
    assert evidence.subject == Digest.of(b"")


def test_a_broken_manifest_is_refused(codes, snapshot):
    snapshot.manifest.write_text("{}")
    assert codes() == [("manifest-unreadable", "model.manifest.json")]


def test_a_declared_path_that_leads_out_is_refused_and_not_read(judge, snapshot):
    evidence = judge(redeclared(snapshot, model=ModelFiles(name="digits", path="../../validation")))
    assert [finding.code for finding in evidence.findings] == ["outside"]
    assert evidence.subject == Digest.of(b"")


def test_a_linked_lock_is_refused(codes, snapshot):
    snapshot.lock.unlink()
    snapshot.lock.symlink_to("training.lock")
    assert codes() == [("outside", "requirements.lock")]


def test_a_model_larger_than_policy_allows_is_refused_without_a_look_inside(judge):
    evidence = judge(policy=VerifyPolicy(max_bytes=1000))
    assert [finding.code for finding in evidence.findings] == ["too-large"]
    assert evidence.types == ()


def test_every_problem_is_found_not_only_the_first(codes, snapshot):
    (snapshot.model / "notes.py").write_text("print()\n")
    snapshot.lock.write_text("numpy\n")
    found = {code for code, _ in codes()}
    assert {"added", "code-in-model", "lock-not-pinned", "lock-not-hashed"} <= found


def test_files_that_are_declared_again_pass(codes, snapshot):
    (snapshot.model / "notes.md").write_text("what changed\n")
    assert codes() == [("added", "notes.md")]
    remake_manifest(snapshot)
    assert codes() == []
