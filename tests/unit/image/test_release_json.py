import json

from ona_pipeline.image.release_json import release_json
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import Signature, TensorSpec
from ona_pipeline.records.question import Question, Tensor
from ona_pipeline.serving.release import read_release

SIGNATURE = Signature(inputs=(TensorSpec("pixels", "FP64", (-1, 2)),), outputs=())
QUESTION = Question(
    inputs=(Tensor("pixels", (1, 2), "FP64", (0.0, 1.0)),), answer={"label": (1,)}, tolerance=1e-6
)


def content() -> bytes:
    return release_json(
        release="digits-1",
        model="digits",
        revision="0" * 40,
        model_digest=Digest.of(b"manifest"),
        form="skops",
        trusted_types=("b.B", "a.A"),
        signature=SIGNATURE,
        question=QUESTION,
    )


def test_the_server_reads_back_what_was_written(tmp_path):
    (tmp_path / "release.json").write_bytes(content())
    release = read_release(tmp_path / "release.json")
    assert (release.release, release.model, release.form) == ("digits-1", "digits", "skops")
    assert release.model_digest == Digest.of(b"manifest")
    assert release.trusted_types == ("a.A", "b.B")
    assert release.signature.inputs[0].shape == (-1, 2)
    assert release.question is not None
    assert json.loads(bytes(release.question.inputs))[0]["name"] == "pixels"
    assert release.question.answer == {"label": [1]}


def test_it_is_canonical_and_ends_with_a_newline():
    assert content() == content()
    assert content().endswith(b"}\n")
