"""Train the digits model: 8 by 8 grey pictures of handwritten digits to the digit and ten probabilities.

    python train.py --output DIR [--data FILE] [--evaluation FILE]

Writes ``DIR/model`` (an MLflow model directory, skops format) and ``DIR/training.json``. The same data
and the same lock give a model that answers alike on every row: fixed seed, arithmetic on one thread.

Environment: ``ONA_COMMIT`` and ``ONA_LOCK_DIGEST`` are recorded; with ``MLFLOW_TRACKING_URI`` (and
``MLFLOW_RUN_ID``), parameters and metrics are logged to that run.
"""

import argparse
import csv
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

HERE = Path(__file__).resolve().parent
SEED = 2026
HELD_OUT = 0.25
PARAMETERS: dict[str, Any] = {"hidden": 32, "alpha": 0.3, "max_iter": 2000, "solver": "lbfgs"}
COLUMNS = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]

Pixels = NDArray[np.float64]
Labels = NDArray[np.int64]


def main() -> None:
    """Read the arguments, train, and write what came of it."""
    arguments = parse()
    arguments.output.mkdir(parents=True, exist_ok=True)
    kept, held = split()
    pixels, labels = read(arguments.data, held) if arguments.data else kept
    with threadpool_limits(1):
        model = fit(pixels, labels)
        metrics = judge(model, *held)
    save(model, arguments.output / "model", held[0][:1])
    (arguments.output / "training.json").write_text(
        json.dumps(record(pixels, labels, metrics), indent=2) + "\n"
    )
    if arguments.evaluation:
        write(arguments.evaluation, *held)
    if os.environ.get("MLFLOW_TRACKING_URI"):
        log(metrics)
    print(json.dumps(metrics))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the digits model.")
    parser.add_argument("--output", type=Path, required=True, help="folder for model and training.json")
    parser.add_argument(
        "--data", type=Path, help="CSV of pixel_0_0 … pixel_7_7, label; instead of the UCI digits"
    )
    parser.add_argument("--evaluation", type=Path, help="write the held-out rows to this CSV")
    return parser.parse_args()


def split() -> tuple[tuple[Pixels, Labels], tuple[Pixels, Labels]]:
    """The UCI digits that ship with scikit-learn, as rows to train on and rows held out."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    train_x, test_x, train_y, test_y = train_test_split(
        digits.data, digits.target, test_size=HELD_OUT, random_state=SEED, stratify=digits.target
    )
    return (train_x, train_y.astype(np.int64)), (test_x, test_y.astype(np.int64))


def read(path: Path, held: tuple[Pixels, Labels]) -> tuple[Pixels, Labels]:
    """Rows of a CSV file, without those that are held out: what judges a model must not have taught it."""
    with path.open(newline="") as file:
        rows = [([float(row[name]) for name in COLUMNS], int(row["label"])) for row in csv.DictReader(file)]
    unseen = {tuple(pixels) for pixels in held[0].tolist()}
    kept = [(pixels, label) for pixels, label in rows if tuple(pixels) not in unseen]
    return np.array([row[0] for row in kept]), np.array([row[1] for row in kept], dtype=np.int64)


def fit(pixels: Pixels, labels: Labels) -> Any:
    """A scaler and a small neural network, fitted."""
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler

    network = MLPClassifier(
        (PARAMETERS["hidden"],),
        alpha=PARAMETERS["alpha"],
        solver=PARAMETERS["solver"],
        max_iter=PARAMETERS["max_iter"],
        random_state=SEED,
    )
    return make_pipeline(MinMaxScaler(), network).fit(pixels, labels)


def judge(model: Any, pixels: Pixels, labels: Labels) -> dict[str, float]:
    """Accuracy and log loss on held-out rows; a first impression, no gate."""
    from sklearn.metrics import accuracy_score, log_loss

    probabilities = model.predict_proba(pixels)
    return {
        "accuracy": float(accuracy_score(labels, model.predict(pixels))),
        "log_loss": float(log_loss(labels, probabilities, labels=model.classes_)),
    }


def save(model: Any, path: Path, example: Pixels) -> None:
    """Write the MLflow model directory, with its model signature and an input example."""
    import mlflow.sklearn
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    double = np.dtype("float64")
    inputs = Schema([TensorSpec(double, (-1, 64), "pixels")])
    label = TensorSpec(np.dtype("int64"), (-1,), "label")
    outputs = Schema([label, TensorSpec(double, (-1, 10), "probabilities")])
    mlflow.sklearn.save_model(
        model,
        path,
        serialization_format="skops",
        signature=ModelSignature(inputs, outputs),
        input_example={"pixels": example},
        pip_requirements=(HERE / "requirements.in").read_text().split(),
    )


def record(pixels: Pixels, labels: Labels, metrics: dict[str, float]) -> dict[str, Any]:
    """Where this model comes from; enough to make it again."""
    rows = pixels.astype("<f8").tobytes() + labels.astype("<i8").tobytes()
    return {
        "commit": os.environ.get("ONA_COMMIT", ""),
        "lock": os.environ.get("ONA_LOCK_DIGEST") or digest((HERE / "training.lock").read_bytes()),
        "seed": SEED,
        "data": digest(rows),
        "rows": len(labels),
        "metrics": metrics,
        "parameters": PARAMETERS,
    }


def digest(content: bytes) -> str:
    """The SHA-256 digest of content, as ona writes it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def write(path: Path, pixels: Pixels, labels: Labels) -> None:
    """Write rows as CSV: whole numbers 0 … 16 per pixel, then the label."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow([*COLUMNS, "label"])
        rows.writerows([*map(int, row), int(label)] for row, label in zip(pixels, labels, strict=True))


def log(metrics: dict[str, float]) -> None:
    """Log parameters and metrics to the run named by MLFLOW_RUN_ID, or to a new one."""
    import mlflow

    with mlflow.start_run():
        mlflow.log_params(PARAMETERS | {"seed": SEED})
        mlflow.log_metrics(metrics)


if __name__ == "__main__":
    main()
