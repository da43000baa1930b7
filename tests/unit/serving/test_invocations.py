"""MLflow's /invocations: each form gives the same predictions; each bad one a sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.serving.asgi import Caller
from tests.unit.serving.images import digit_rows, write_image

PATH = "/invocations"
ROWS = digit_rows(3).tolist()
NAMES = [f"p{number}" for number in range(64)]
CSV = "\n".join([",".join(NAMES), *(",".join(map(str, row)) for row in ROWS)]).encode()

FORMS = {
    "instances": {"instances": ROWS},
    "instances by name": {"instances": [{"pixels": row} for row in ROWS]},
    "inputs": {"inputs": ROWS},
    "inputs by name": {"inputs": {"pixels": ROWS}},
    "dataframe_split": {"dataframe_split": {"columns": NAMES, "data": ROWS}},
    "dataframe_records": {"dataframe_records": [dict(zip(NAMES, row, strict=True)) for row in ROWS]},
}


@pytest.mark.parametrize("document", FORMS.values(), ids=FORMS.keys())
def test_each_form_gives_the_same_predictions(server: Caller, digits: Any, document: Any) -> None:
    reply = server.post(PATH, document)
    assert reply.json == {"predictions": digits.predict(digit_rows(3)).tolist()}


def test_csv_gives_the_same_predictions(server: Caller, digits: Any) -> None:
    reply = server.post(PATH, CSV, {"content-type": "text/csv; charset=utf-8"})
    assert reply.json == {"predictions": digits.predict(digit_rows(3)).tolist()}


BAD = {
    "no form": ({}, "body: wanted exactly one of"),
    "two forms": ({"inputs": ROWS, "instances": ROWS}, "found ['instances', 'inputs']"),
    "unknown form": ({"rows": ROWS}, "body: object contains unknown field `rows`"),
    "parameters": ({"inputs": ROWS, "params": {"k": 1}}, "params: wanted none, found ['k']"),
    "short row": ({"inputs": [ROWS[0][:63]]}, "inputs.pixels: wanted [-1, 64], found [1, 63]"),
    "text": ({"instances": [["a", *ROWS[0][1:]]]}, "instances.pixels[0][0]: expected `float`, got `str`"),
    "empty": ({"instances": []}, "instances.pixels: wanted [-1, 64], found [0]"),
    "no list": ({"inputs": 7}, "inputs.pixels: expected `array`, got `int`"),
    "other name": ({"inputs": {"x": ROWS}}, "inputs: wanted ['pixels'], found ['x']"),
    "records differ": ({"dataframe_records": [{"a": 1.0}, {"b": 1.0}]}, "dataframe_records[1]: wanted ['a']"),
    "no data": (
        {"dataframe_split": {"columns": NAMES}},
        "dataframe_split: object missing required field `data`",
    ),
}


@pytest.mark.parametrize(("document", "sentence"), BAD.values(), ids=BAD.keys())
def test_a_bad_body_is_answered_with_400_and_the_field(server: Caller, document: Any, sentence: str) -> None:
    reply = server.post(PATH, document)
    assert reply.status == 400
    assert sentence in reply.error


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (CSV.replace(b"0.0", b"nan", 1), "wanted a finite number, found nan"),
        (CSV.replace(b"0.0", b"x", 1), "csv.pixels[0][0]: expected `float`, got `str`"),
        (CSV + b",1", "csv.data[2]: wanted 64 values, found 65"),
        (b"\xff", "not CSV in UTF-8"),
        (b"", "csv.pixels: wanted [-1, 64], found [0]"),
    ],
)
def test_bad_csv_is_answered_with_400(server: Caller, body: bytes, sentence: str) -> None:
    reply = server.post(PATH, body, {"content-type": "text/csv"})
    assert reply.status == 400
    assert sentence in reply.error


def test_more_rows_than_allowed_are_refused(server: Caller) -> None:
    assert server.post(PATH, {"instances": ROWS * 40}).status == 413


COLUMNS = {
    "inputs": [
        {"name": "town", "datatype": "BYTES", "shape": [-1]},
        {"name": "rooms", "datatype": "INT64", "shape": [-1]},
        {"name": "is_new", "datatype": "BOOL", "shape": [-1]},
    ]
}
HOUSES = {"town": ["a", "b", "a", "b"], "rooms": [1, 2, 3, 4], "is_new": [True, False, False, True]}
PRICES = [10.0, 25.0, 30.0, 45.0]


@pytest.fixture
def houses(tmp_path: Path, serve: Callable[..., Caller]) -> Caller:
    """A regressor on a table with text, numbers and truth values."""
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    encoder = make_column_transformer((OneHotEncoder(), ["town"]), remainder="passthrough")
    estimator = make_pipeline(encoder, LinearRegression()).fit(pd.DataFrame(HOUSES), PRICES)
    inputs = [
        {"name": "town", "datatype": "BYTES", "shape": [1], "data": ["b"]},
        {"name": "rooms", "datatype": "INT64", "shape": [1, 1], "data": [2]},
        {"name": "is_new", "datatype": "BOOL", "shape": [1], "data": [False]},
    ]
    question = {"inputs": inputs, "answer": {"value": [25.0]}}
    return serve(write_image(tmp_path / "ona", estimator, COLUMNS, question, model="houses"))


@pytest.mark.parametrize(
    "document",
    [
        {
            "dataframe_split": {
                "columns": ["rooms", "town", "is_new"],
                "data": [[1, "a", True], [4, "b", True]],
            }
        },
        {"dataframe_split": {"data": [["a", 1, True], ["b", 4, True]]}},
        {
            "dataframe_records": [
                {"town": "a", "rooms": 1, "is_new": True},
                {"town": "b", "rooms": 4, "is_new": True},
            ]
        },
        {"inputs": {"town": ["a", "b"], "rooms": [1, 4], "is_new": [True, True]}},
    ],
)
def test_a_table_is_matched_by_column_names(houses: Caller, document: Any) -> None:
    reply = houses.post(PATH, document)
    assert reply.json == {"predictions": pytest.approx([10.0, 45.0])}


def test_a_table_comes_as_csv_too(houses: Caller) -> None:
    body = b"town,is_new,rooms\na,true,1\nb,true,4\n"
    reply = houses.post(PATH, body, {"content-type": "text/csv"})
    assert reply.json == {"predictions": pytest.approx([10.0, 45.0])}


@pytest.mark.parametrize(
    ("split", "sentence"),
    [
        ({"columns": ["town", "rooms"], "data": [["a", 1]]}, "found ['rooms', 'town']"),
        ({"columns": ["town", "town"], "data": []}, "a column is given twice"),
        ({"columns": ["town", "rooms", "is_new"], "data": [["a", 1]]}, "wanted 3 values, found 2"),
        ({"data": [["a", None, True]]}, "dataframe_split.rooms[0]: expected `int`, got `null`"),
    ],
)
def test_a_table_that_is_not_as_declared_is_refused(houses: Caller, split: Any, sentence: str) -> None:
    reply = houses.post(PATH, {"dataframe_split": split})
    assert reply.status == 400
    assert sentence in reply.error


def test_columns_of_different_lengths_are_refused(houses: Caller) -> None:
    reply = houses.post(PATH, {"inputs": {"town": ["a", "b"], "rooms": [1], "is_new": [True]}})
    assert (reply.status, "same number of rows" in reply.error) == (400, True)


def test_plain_rows_cannot_be_matched_to_several_inputs(houses: Caller) -> None:
    reply = houses.post(PATH, {"instances": [[1, 2, 3]]})
    assert (reply.status, "wanted objects that name" in reply.error) == (400, True)


def test_what_the_model_cannot_digest_is_a_500_that_quotes_no_data(houses: Caller) -> None:
    reply = houses.post(PATH, {"inputs": {"town": ["nowhere"], "rooms": [1], "is_new": [True]}})
    assert (reply.status, reply.error) == (500, "the model raised ValueError")
