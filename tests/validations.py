"""Suites, data and declarations for tests of validation, written beside the digits model."""

import io
import json
from typing import Any

import msgspec
import pandas as pd

from ona_pipeline.records.declaration import TrainingSample
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.snapshot import Snapshot
from tests.digits import redeclared


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
