"""Tensors as bytes after the JSON: right answers, and every bad input with a sentence that names it."""

from typing import Any

import msgspec
import numpy as np
import pytest

from ona_pipeline.serving import binary
from ona_pipeline.serving.binary import Tail
from ona_pipeline.serving.errors import ProtocolError
from ona_pipeline.serving.release import TensorSpec
from tests.unit.serving.asgi import Caller, Reply
from tests.unit.serving.images import digit_rows

INFER = "/v2/models/digits/infer"
TEXT = TensorSpec("city", "BYTES", (-1,))


def post(server: Caller, content: bytes, size: Any, *, header: str = "", **others: Any) -> Reply:
    """Ask with one row of pixels as bytes."""
    tensor = {
        "name": "pixels",
        "datatype": "FP64",
        "shape": [1, 64],
        "parameters": {"binary_data_size": size},
    }
    text = msgspec.json.encode({"inputs": [{**tensor, **others.pop("tensor", {})}], **others})
    headers = {"inference-header-content-length": header or str(len(text))}
    return server.post(INFER, text + content, {**headers, "content-type": "application/octet-stream"})


def test_bytes_are_answered_like_json(server: Caller, digits: Any) -> None:
    reply = post(server, digit_rows(1).tobytes(), 512)
    assert reply.json["outputs"][0]["data"] == digits.predict(digit_rows(1)).tolist()


def test_outputs_come_as_bytes_where_they_are_wanted(server: Caller, digits: Any) -> None:
    label = {"name": "label", "parameters": {"binary_data": False}}
    asked = {"outputs": [label, {"name": "probabilities"}], "parameters": {"binary_data_output": True}}
    reply = post(
        server, digit_rows(1).tobytes(), 512, outputs=asked["outputs"], parameters=asked["parameters"]
    )
    length = int(reply.headers["inference-header-content-length"])
    label, probabilities = msgspec.json.decode(reply.body[:length])["outputs"]
    assert reply.headers["content-type"] == "application/octet-stream"
    assert label["data"] == digits.predict(digit_rows(1)).tolist()
    assert probabilities["parameters"] == {"binary_data_size": 80}
    assert (np.frombuffer(reply.body[length:]) == digits.predict_proba(digit_rows(1))[0]).all()


ROW = digit_rows(1).tobytes()
SIZE = "inputs[0].parameters.binary_data_size: "
BAD: dict[str, tuple[bytes, Any, dict[str, Any], str]] = {
    "too few bytes": (ROW[:-8], 504, {}, SIZE + "wanted 512 bytes, found 504"),
    "more than there are": (ROW[:-8], 512, {}, SIZE + "wanted at most 504 bytes, found 512"),
    "negative": (ROW, -1, {}, SIZE + "wanted at most 512 bytes, found -1"),
    "bytes left": (ROW + b"x", 512, {}, "body: wanted nothing after the tensors, found 1 bytes"),
    "data beside": (ROW, 512, {"tensor": {"data": [1]}}, SIZE + "wanted no data beside it, found some"),
    "no number": (ROW, "512", {}, "inputs[0].parameters.binary_data_size: expected `int | null`, got `str`"),
    "not finite": (
        np.full(64, np.inf).tobytes(),
        512,
        {},
        SIZE[:-2] + "[0][0]: wanted a finite number, found inf",
    ),
    "header": (ROW, 512, {"header": "-1"}, "inference-header-content-length: wanted a number up to"),
    "long header": (
        ROW,
        512,
        {"header": "9" * 6000},
        "inference-header-content-length: wanted a number up to",
    ),
    "short header": (ROW, 512, {"header": "5"}, "body: input data was truncated"),
}


@pytest.mark.parametrize(("content", "size", "others", "sentence"), BAD.values(), ids=BAD.keys())
def test_bad_bytes_are_refused(server: Caller, content, size, others, sentence: str) -> None:
    reply = post(server, content, size, **others)
    assert (reply.status, sentence in reply.error) == (400, True), reply.error


def test_texts_come_back_as_they_were_sent() -> None:
    array = np.array(["Bern", "Zürich", ""], dtype=object)
    content = binary.write(array)
    assert binary.read(memoryview(content), TEXT, (3,), "f").tolist() == array.tolist()


@pytest.mark.parametrize("content", [b"\5\0\0\0Bern", b"\1\0", b"\1\0\0\0\xff", b"\0\0\0\0" * 2, b""])
def test_texts_that_are_none_are_refused(content: bytes) -> None:
    with pytest.raises(ProtocolError, match="f"):
        binary.read(memoryview(content), TEXT, (1,), "f")


@pytest.mark.parametrize("datatype", ["BOOL", "INT32", "INT64", "FP32"])
def test_every_type_comes_back_as_it_was_sent(datatype: str) -> None:
    array = np.array([0, 1, 1]).astype(binary._DTYPES[datatype])
    spec = TensorSpec("x", datatype, (-1,))  # type: ignore[arg-type]
    assert binary.read(memoryview(binary.write(array)), spec, (3,), "f").tolist() == array.tolist()


def test_a_boolean_is_nothing_but_0_or_1() -> None:
    with pytest.raises(ProtocolError, match="bytes of 0 and 1"):
        binary.read(memoryview(b"\2"), TensorSpec("x", "BOOL", (-1,)), (1,), "f")


def test_nothing_is_left_when_all_was_taken() -> None:
    tail = Tail(memoryview(b"ab"))
    assert bytes(tail.take(2, "f")) == b"ab"
    tail.end()
