import json
from pathlib import Path

import pytest

from ona_pipeline.image.release_json import Served, release_json
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import Signature, TensorSpec
from ona_pipeline.records.question import Question, Tensor
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.serving.release import read_release
from tests.digits import lay_out, redeclared

SIGNATURE = Signature(inputs=(TensorSpec("pixels", "FP64", (-1, 2)),), outputs=())
QUESTION = Question(
    inputs=(Tensor("pixels", (1, 2), "FP64", (0.0, 1.0)),), answer={"label": (1,)}, tolerance=1e-6
)


@pytest.fixture(name="snapshot")
def _snapshot(tmp_path: Path) -> Snapshot:
    return redeclared(lay_out(tmp_path / "digits"), question=QUESTION)


def content(snapshot: Snapshot) -> bytes:
    served = Served("onnx", Digest.of(b"form"), ("b.B", "a.A"), SIGNATURE)
    return release_json(snapshot, served, release="digits-1")


def test_the_server_reads_back_what_was_written(snapshot, tmp_path):
    (tmp_path / "release.json").write_bytes(content(snapshot))
    release = read_release(tmp_path / "release.json")
    assert (release.release, release.model, release.form) == ("digits-1", "digits", "onnx")
    assert (release.model_digest, release.form_digest) == (snapshot.model_digest, Digest.of(b"form"))
    assert release.trusted_types == ("a.A", "b.B")
    assert release.signature.inputs[0].shape == (-1, 2)
    assert release.question is not None
    assert json.loads(bytes(release.question.inputs))[0]["name"] == "pixels"
    assert release.question.answer == {"label": [1]}


def test_it_is_canonical_and_ends_with_a_newline(snapshot):
    assert content(snapshot) == content(snapshot)
    assert content(snapshot).endswith(b"}\n")
