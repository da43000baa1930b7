"""The training script of digits, run as `ona retrain` runs it."""

import csv
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ona_pipeline.records.digest import Digest
from tests.digits import MODEL


def train(folder: Path, *arguments: str, **environment: str) -> Any:
    """Run the script and load what it made."""
    import skops.io

    command = [sys.executable, str(MODEL / "train.py"), "--output", str(folder), *arguments]
    seen = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        **environment,
    }
    subprocess.run(command, check=True, env=seen | environment, capture_output=True)
    return skops.io.load(folder / "model" / "model.skops")


@pytest.fixture(scope="module", name="trained")
def _trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    folder = tmp_path_factory.mktemp("trained")
    evaluation = ("--evaluation", str(folder / "evaluation.csv"))
    return train(folder, *evaluation, ONA_COMMIT="c" * 40, ONA_LOCK_DIGEST=Digest.of(b"lock")), folder


def every_row() -> Any:
    from sklearn.datasets import load_digits

    return load_digits().data


def test_the_committed_model_answers_as_one_trained_now_on_every_row(trained: tuple[Any, Path]) -> None:
    import skops.io

    committed = skops.io.load(MODEL / "model" / "model.skops")
    rows = every_row()
    assert (committed.predict(rows) == trained[0].predict(rows)).all()


def test_training_twice_gives_models_that_answer_alike_on_every_row(
    trained: tuple[Any, Path], tmp_path: Path
) -> None:
    again = train(tmp_path)
    rows = every_row()
    assert np.array_equal(again.predict_proba(rows), trained[0].predict_proba(rows))


def test_the_evaluation_data_is_what_training_holds_out(trained: tuple[Any, Path]) -> None:
    assert (trained[1] / "evaluation.csv").read_bytes() == (MODEL / "evaluation.csv").read_bytes()


def test_training_records_commit_lock_seed_and_data(trained: tuple[Any, Path]) -> None:
    record = json.loads((trained[1] / "training.json").read_text())
    committed = json.loads((MODEL / "training.json").read_text())
    assert record["commit"] == "c" * 40
    assert record["lock"] == Digest.of(b"lock")
    assert record["data"] == committed["data"] == Digest(record["data"])
    assert record["seed"] == committed["seed"]
    assert committed["lock"] == Digest.of((MODEL / "training.lock").read_bytes())


def test_held_out_rows_are_left_out_of_other_data(tmp_path: Path) -> None:
    from sklearn.datasets import load_digits

    digits = load_digits()
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([*(f"pixel_{row}_{column}" for row in range(8) for column in range(8)), "label"])
        rows.writerows([*pixels, label] for pixels, label in zip(digits.data, digits.target, strict=True))
    train(tmp_path / "out", "--data", str(path))
    record = json.loads((tmp_path / "out" / "training.json").read_text())
    assert record["rows"] == len(digits.data) - 450


def test_parameters_and_metrics_reach_mlflow(tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    train(tmp_path / "out", MLFLOW_TRACKING_URI=f"sqlite:///{database}")
    with sqlite3.connect(database) as connection:
        parameters = dict(connection.execute("select key, value from params").fetchall())
        metrics = dict(connection.execute("select key, value from metrics").fetchall())
    connection.close()
    assert parameters["seed"] == "2026"
    assert metrics["accuracy"] > 0.95
