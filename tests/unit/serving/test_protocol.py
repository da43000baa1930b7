"""Open Inference Protocol v2: right answers, and every bad input with a sentence that names the field."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.serving.asgi import Caller
from tests.unit.serving.images import digit_rows, tensor

INFER = "/v2/models/digits/infer"


def asked(**changes: Any) -> dict[str, Any]:
    """A good request of one row whose only input is changed."""
    return {"inputs": [{**tensor("pixels", digit_rows(1)), **changes}]}


def test_an_answer_is_what_the_estimator_says(server: Caller, digits: Any) -> None:
    reply = server.post(INFER, {"id": "7", "inputs": [tensor("pixels", digit_rows(5))]})
    label, probabilities = reply.json["outputs"]
    assert label == {
        "name": "label",
        "datatype": "INT64",
        "shape": [5],
        "data": digits.predict(digit_rows(5)).tolist(),
    }
    assert probabilities["shape"] == [5, 10]
    assert probabilities["data"] == digits.predict_proba(digit_rows(5)).ravel().tolist()
    assert (reply.status, reply.json["id"], reply.json["model_version"]) == (200, "7", "abc")


def test_every_answer_says_release_and_model_digest(server: Caller) -> None:
    reply = server.post(INFER, asked())
    parameters = reply.json["parameters"]
    assert parameters["release"] == reply.headers["ona-release"] == "r-1"
    assert parameters["model_digest"] == reply.headers["ona-model-digest"]
    refused = server.post(INFER, b"{")
    assert refused.headers["ona-model-digest"] == parameters["model_digest"]


def test_nested_data_is_read_like_flat_data(server: Caller) -> None:
    flat = server.post(INFER, {"inputs": [tensor("pixels", digit_rows(3))]})
    nested = server.post(INFER, asked(shape=[3, 64], data=digit_rows(3).tolist()))
    assert nested.json == flat.json


def test_only_the_outputs_asked_for_are_given(server: Caller) -> None:
    reply = server.post(INFER, {**asked(), "outputs": [{"name": "label"}]})
    assert [output["name"] for output in reply.json["outputs"]] == ["label"]


ROW = digit_rows(1)[0].tolist()

BAD = {
    "63 features": (asked(shape=[1, 63], data=ROW[:63]), "inputs[0].shape: wanted [-1, 64], found [1, 63]"),
    "one dimension": (asked(shape=[64]), "inputs[0].shape: wanted [-1, 64], found [64]"),
    "negative rows": (asked(shape=[-1, 64]), "inputs[0].shape: wanted [-1, 64], found [-1, 64]"),
    "no rows": (asked(shape=[0, 64], data=[]), "inputs[0].shape: wanted at least one row, found [0, 64]"),
    "too few numbers": (asked(data=ROW[:63]), "inputs[0].data: wanted 64 elements, found 63"),
    "other datatype": (asked(datatype="FP32"), "inputs[0].datatype: wanted FP64, found FP32"),
    "text": (asked(data=[*ROW[:3], "4", *ROW[4:]]), "inputs[0].data[3]: expected `float`, got `str`"),
    "a truth value": (asked(data=[True, *ROW[1:]]), "inputs[0].data[0]: expected `float`, got `bool`"),
    "null": (asked(data=[None, *ROW[1:]]), "inputs[0].data[0]: expected `float`, got `null`"),
    "no list": (asked(data="AAAA"), "inputs[0].data: expected `array`, got `str`"),
    "nested too deep": (asked(data=[[ROW]]), "inputs[0].data[0][0]: expected `float`, got `array`"),
    "ragged": (
        asked(shape=[2, 64], data=[ROW, ROW[:3]]),
        "inputs[0].data: wanted rows of one length, found rows of different lengths",
    ),
    "nested otherwise": (
        asked(shape=[2, 64], data=[ROW]),
        "inputs[0].data: wanted shape [2, 64], found [1, 64]",
    ),
    "unknown input": (asked(name="x"), "inputs[0].name: wanted one of ['pixels'], found 'x'"),
    "input twice": (
        {"inputs": asked()["inputs"] * 2},
        "inputs[1].name: given twice, found 'pixels'",
    ),
    "no input": ({"inputs": []}, "inputs: 'pixels' is missing"),
    "no inputs": ({}, "body: object missing required field `inputs`"),
    "no data": (
        {"inputs": [{"name": "pixels", "shape": [1, 64], "datatype": "FP64"}]},
        "inputs[0]: object missing required field `data`",
    ),
    "shape of text": (asked(shape=["1", 64]), "inputs[0].shape[0]: expected `int`, got `str`"),
    "unknown output": (
        {**asked(), "outputs": [{"name": "x"}]},
        "outputs: wanted some of ['label', 'probabilities'], found 'x'",
    ),
}


@pytest.mark.parametrize(("document", "sentence"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_answered_with_400_and_the_field(server: Caller, document: Any, sentence: str) -> None:
    reply = server.post(INFER, document)
    assert (reply.status, reply.error) == (400, sentence)


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_a_number_that_is_not_finite_is_refused(server: Caller, literal: bytes) -> None:
    numbers = b",".join([literal] + [b"0.0"] * 63)
    start = b'{"inputs":[{"name":"pixels","shape":[1,64],"datatype":"FP64","data":['
    reply = server.post(INFER, start + numbers + b"]}]}")
    assert reply.status == 400
    assert (
        "NaN and Infinity are not JSON" in reply.error
        or reply.error == "inputs[0].data[0]: number out of range"
    )


def test_deeply_nested_json_is_refused(server: Caller) -> None:
    assert server.post(INFER, b"[" * 100_000).status == 400


def test_more_rows_than_allowed_are_refused(server: Caller) -> None:
    reply = server.post(INFER, asked(shape=[101, 64]))
    assert (reply.status, reply.error) == (413, "inputs[0].shape: wanted at most 100 rows, found 101")


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["name", "shape", "data", "x"]), inner)
        ),
        max_leaves=8,
    )
)
def test_whatever_is_sent_is_the_callers_fault(server: Caller, anything: Any) -> None:
    for document in (anything, {"inputs": anything}, {"inputs": [anything]}, asked(data=anything)):
        assert server.post(INFER, document).status == 400
