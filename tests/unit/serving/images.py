"""What an image holds below /opt/ona, made in a folder from real scikit-learn models."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from sklearn.datasets import load_digits

from ona_pipeline.serving import manifest

DIGITS = {"inputs": [{"name": "pixels", "datatype": "FP64", "shape": [-1, 64]}]}


def digit_rows(count: int) -> np.ndarray[Any, Any]:
    pixels: np.ndarray[Any, Any] = load_digits().data
    return pixels[:count]


def fitted_digits() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    data = load_digits()
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)).fit(data.data, data.target)


def tensor(name: str, values: Any, datatype: str = "FP64") -> dict[str, Any]:
    array = np.asarray(values)
    return {"name": name, "shape": list(array.shape), "datatype": datatype, "data": array.ravel().tolist()}


def digits_question(estimator: Any, rows: int = 1) -> dict[str, Any]:
    return {
        "inputs": [tensor("pixels", digit_rows(rows))],
        "answer": {"label": estimator.predict(digit_rows(rows)).tolist()},
        "tolerance": 1e-6,
    }


def write_image(root: Path, estimator: Any, signature: dict[str, Any], question: Any, **others: Any) -> Path:
    """Write model/, its manifest and release.json below `root`; `others` replace fields of release.json."""
    import skops.io

    (root / "model").mkdir(parents=True)
    skops.io.dump(estimator, root / "model/model.skops")
    (root / "model/MLmodel").write_text("flavors: {}\n")
    content = manifest.make(root / "model")
    (root / "model.manifest.json").write_bytes(content)
    release = {
        "release": "r-1",
        "model": "digits",
        "revision": "abc",
        "model_digest": manifest.digest(content),
        "form": "skops",
        "trusted_types": [],
        "signature": signature,
        "question": question,
        **others,
    }
    (root / "release.json").write_bytes(msgspec.json.encode(release))
    return root
