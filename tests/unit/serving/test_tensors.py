"""One value against one declared input, for each element type."""

from typing import Any

import numpy as np
import pytest

from ona_pipeline.serving import tensors
from ona_pipeline.serving.errors import ProtocolError
from ona_pipeline.serving.release import Datatype, TensorSpec


def spec(datatype: Datatype, *shape: int) -> TensorSpec:
    return TensorSpec("x", datatype, shape or (-1,))


GOOD: list[tuple[Datatype, bytes, str]] = [
    ("BOOL", b"[true, false]", "bool"),
    ("INT32", b"[1, -2]", "int32"),
    ("INT64", b"[1, 9007199254740993]", "int64"),
    ("FP32", b"[1, 0.5]", "float32"),
    ("FP64", b"[1, 0.1]", "float64"),
    ("BYTES", '["a", "ä"]'.encode(), "object"),
]


@pytest.mark.parametrize(("datatype", "content", "dtype"), GOOD)
def test_each_datatype_becomes_its_dtype(datatype: Datatype, content: bytes, dtype: str) -> None:
    array = tensors.from_json(content, spec(datatype), (2,), "data")
    assert (array.dtype, array.shape) == (np.dtype(dtype), (2,))


BAD: list[tuple[Datatype, bytes, str]] = [
    ("INT32", b"[1, 2147483648]", "data: a number is too large for INT32"),
    ("INT64", b"[1, 0.5]", "data[1]: expected `int`, got `float`"),
    ("INT64", b"[1, 99999999999999999999]", "data: a number is too large for INT64"),
    ("BOOL", b"[1, true]", "data[0]: expected `bool`, got `int`"),
    ("BYTES", b"[1, 2]", "data[0]: expected `str`, got `int`"),
    ("FP32", b"[0, 1e300]", "data[1]: wanted a finite number, found inf"),
]


@pytest.mark.parametrize(("datatype", "content", "sentence"), BAD)
def test_a_value_of_another_type_is_refused_by_place(
    datatype: Datatype, content: bytes, sentence: str
) -> None:
    with pytest.raises(ProtocolError) as caught:
        tensors.from_json(content, spec(datatype), (2,), "data")
    assert caught.value.message == sentence


def test_ragged_text_is_refused() -> None:
    with pytest.raises(ProtocolError, match="different lengths"):
        tensors.from_values([["a", "b"], ["c"]], spec("BYTES", -1, 2), "x")


def test_a_column_may_come_with_a_second_dimension_of_one() -> None:
    assert tensors.from_json(b"[1, 2]", spec("INT64"), (2, 1), "data").shape == (2, 1)


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros((1, 2), dtype="float32"), "x: wanted FP64, found FP32"),
        (np.zeros((1, 3)), r"x: wanted \[-1, 2\], found \[1, 3\]"),
        (np.array([[0.0, np.nan]]), r"x\[0\]\[1\]: wanted a finite number, found nan"),
    ],
)
def test_an_array_that_is_not_as_declared_is_refused(array: Any, sentence: str) -> None:
    with pytest.raises(ProtocolError, match=sentence):
        tensors.from_array(array, spec("FP64", -1, 2), "x")
