"""Suites, data and declarations for tests of validation, written beside the digits model."""

import io
import json
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from ona_pipeline.records.declaration import EvaluationData, SliceBy, Suites, TrainingSample
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import Signature, TensorSpec
from ona_pipeline.records.snapshot import Snapshot
from tests.digits import redeclared, with_estimator


def suite(*expectations: tuple[str, dict[str, Any]]) -> Any:
    """The JSON of a suite of (type, arguments)."""
    return {"name": "one", "expectations": [{"type": kind, "kwargs": given} for kind, given in expectations]}


def between(column: str, **bounds: float) -> tuple[str, dict[str, Any]]:
    """The expectation that every row of a column lies between bounds."""
    return "expect_column_values_to_be_between", {"column": column, **bounds}


def only_suite(snapshot: Snapshot, content: Any, table: str = "data", **validation: Any) -> Snapshot:
    """The snapshot with one suite, for one table."""
    text = content if isinstance(content, str) else json.dumps(content)
    (snapshot.suites / "one.json").write_text(text)
    kept = dict.fromkeys(("data", "predictions", "metrics", "slices", "drift"), ())
    declared = snapshot.declaration.validation
    changed = msgspec.structs.replace(declared, **(kept | {table: ("one.json",)} | validation))
    return redeclared(snapshot, validation=changed)


def rows_of(snapshot: Snapshot) -> pd.DataFrame:
    """The evaluation data of digits."""
    return pd.read_csv(snapshot.root / "evaluation.csv")


def with_data(snapshot: Snapshot, frame: pd.DataFrame | bytes, **declared: Any) -> Snapshot:
    """The snapshot with other evaluation data."""
    content = frame if isinstance(frame, bytes) else _csv(frame)
    (snapshot.root / "evaluation.csv").write_bytes(content)
    data = msgspec.structs.replace(snapshot.declaration.data, digest=Digest.of(content), **declared)
    return redeclared(snapshot, data=data)


def with_sample(snapshot: Snapshot, frame: pd.DataFrame, **declared: Any) -> Snapshot:
    """The snapshot with a training sample."""
    content = _csv(frame)
    (snapshot.root / "training.csv").write_bytes(content)
    sample = TrainingSample("training.csv", Digest.of(content), **declared)
    return redeclared(snapshot, data=msgspec.structs.replace(snapshot.declaration.data, training=sample))


def _csv(frame: pd.DataFrame) -> bytes:
    text = io.StringIO()
    frame.to_csv(text, index=False)
    return text.getvalue().encode()


SHAPE = Signature(
    (TensorSpec("features", "FP64", (-1, 50)),),
    (TensorSpec("label", "INT64", (-1,)), TensorSpec("probabilities", "FP64", (-1, 2))),
)


def with_many_rows(snapshot: Snapshot, rows: int) -> Snapshot:
    """Another model on `rows` rows of 50 columns, with suites for every table; its signature is `SHAPE`."""
    random = np.random.default_rng(7)
    features = random.normal(size=(rows, 50))
    label = (features[:, 0] + features[:, 1] + random.normal(size=rows) / 4 > 0).astype(int)
    frame = pd.DataFrame(features, columns=[f"x{number}" for number in range(50)], copy=False)
    frame = frame.assign(group=np.where(features[:, 2] > 0, "north", "south"), label=label)
    frame.to_parquet(snapshot.root / "evaluation.parquet")
    content = (snapshot.root / "evaluation.parquet").read_bytes()
    model = LogisticRegression().fit(features[:10_000], label[:10_000])
    data = EvaluationData(
        "evaluation.parquet", Digest.of(content), "label", about=("group",), slices=(SliceBy("group"),)
    )
    held = {
        "data": suite(
            ("expect_table_row_count_to_be_between", {"min_value": 1000}),
            ("expect_column_values_to_not_be_null", {"column": "x0"}),
            between("features_missing", max_value=0),
            between("features_min", min_value=-10),
        ),
        "predictions": suite(between("probability", min_value=0.5, max_value=1)),
        "metrics": suite(between("accuracy", min_value=0.9), between("noise_changed", max_value=0.1)),
        "slices": suite(between("accuracy", min_value=0.9)),
    }
    for table, content_of in held.items():
        (snapshot.suites / f"{table}.json").write_text(json.dumps(content_of))
    named: dict[str, Any] = {table: (f"{table}.json",) for table in held}
    declared = Suites(**named, noise=0.05)
    return redeclared(with_estimator(snapshot, model), data=data, validation=declared)
