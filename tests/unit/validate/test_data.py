"""The evaluation data, and how it is laid out."""

from email.message import Message
from http.client import BadStatusLine
from typing import Any
from urllib.error import HTTPError, URLError

import numpy as np
import pandas as pd
import pytest

from ona_pipeline.errors import BackendError
from ona_pipeline.records.declaration import EvaluationData
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import Signature, TensorSpec
from ona_pipeline.records.finding import Finding
from ona_pipeline.validate import data
from ona_pipeline.validate.rows import lay_out
from tests.digits import redeclared


def declaring(snapshot, path, content=None) -> Any:
    if content is None:
        content = (snapshot.root / "evaluation.csv").read_bytes()
    return redeclared(snapshot, data=EvaluationData(path, Digest.of(content), "label"))


def test_data_with_another_digest_is_refused_with_both(judge, snapshot):
    wanted = snapshot.declaration.data.digest
    (snapshot.root / "evaluation.csv").write_text("a,label\n1,2\n")
    [finding] = judge().findings
    assert finding.code == "data-digest"
    assert wanted in finding.sentence
    assert Digest.of(b"a,label\n1,2\n") in finding.sentence


@pytest.mark.parametrize("path", ["nowhere.csv", "../../../outside.csv", "file:///nowhere.csv"])
def test_data_that_is_not_there_is_refused(codes, snapshot, path):
    (snapshot.folder.parent / "outside.csv").write_text("a,label\n1,2\n")
    assert codes(declaring(snapshot, path)) == {"data-missing"}


def test_data_may_be_a_file_elsewhere(codes, snapshot, tmp_path):
    elsewhere = tmp_path / "held out.csv"
    elsewhere.write_bytes((snapshot.root / "evaluation.csv").read_bytes())
    assert codes(declaring(snapshot, elsewhere.as_uri())) == set()


def test_data_may_be_parquet(codes, snapshot):
    path = snapshot.root / "evaluation.parquet"
    pd.read_csv(snapshot.root / "evaluation.csv").to_parquet(path)
    assert codes(declaring(snapshot, path.name, path.read_bytes())) == set()


@pytest.mark.parametrize(
    ("error", "is_retryable"),
    [
        (URLError("refused"), True),
        (TimeoutError(), True),
        (HTTPError("https://x", 503, "busy", Message(), None), True),
        (HTTPError("https://x", 404, "gone", Message(), None), False),
        (BadStatusLine("nothing of HTTP"), True),
    ],
)
def test_a_server_that_does_not_answer_is_an_error_and_no_verdict(
    judge, snapshot, monkeypatch, error, is_retryable
):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(data, "urlopen", refuse)
    with pytest.raises(BackendError, match=r"data\.example") as caught:
        judge(declaring(snapshot, "https://data.example/held-out.csv"))
    assert caught.value.retryable is is_retryable


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"a,b\n1,2\n", b"label\n1\n", b"a,label\n", b"a,label\n1,\n", b'"']
)
def test_data_without_rows_features_and_labels_is_refused(codes, snapshot, content):
    (snapshot.root / "other.csv").write_bytes(content)
    assert codes(declaring(snapshot, "other.csv", content)) == {"data-unreadable"}


def test_data_with_too_few_columns_is_refused(codes, snapshot):
    content = b"a,label\n1,2\n"
    (snapshot.root / "other.csv").write_bytes(content)
    assert codes(declaring(snapshot, "other.csv", content)) == {"data-does-not-fit"}


def signature(*specs) -> Any:
    return Signature(inputs=tuple(TensorSpec(*spec) for spec in specs), outputs=())


def test_named_inputs_take_the_columns_of_their_names():
    frame = pd.DataFrame({"b": ["x", "y"], "a": [1, 2], "more": [0, 0]})
    laid = lay_out(frame, signature(("a", "FP32", (-1,)), ("b", "BYTES", (-1, 1))))
    assert not isinstance(laid, Finding)
    assert laid["a"].dtype == np.float32
    assert laid["b"].tolist() == [["x"], ["y"]]


@pytest.mark.parametrize(
    "spec", [("missing", "FP64", (-1,)), ("b", "FP64", (-1,)), ("a", "FP16", (-1,)), ("a", "FP64", (-1, 3))]
)
def test_columns_that_do_not_fit_the_signature_are_named(spec):
    finding = lay_out(pd.DataFrame({"a": [1], "b": ["x"]}), signature(spec))
    assert isinstance(finding, Finding)
    assert finding.code == "data-does-not-fit"
