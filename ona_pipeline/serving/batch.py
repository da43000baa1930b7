"""Answer a file of rows: `python -m ona_serving.batch --input features.npz --output answers.npz`.

For the sandbox in which a model is judged: the loader and the `predict` of the server, without the server.
The input has one array for each input of the model, by name. The output has one for each output, and::

    seconds           float, the whole batch in one call, after one warm-up row
    single_seconds    (n,), the first rows one by one, n ≤ 64
    single_differs    int, how many of those are answered otherwise alone than in the batch
    repeat_differs    int, how many rows of the batch are answered otherwise when it is asked again

Both may be given several times: one load answers them all. `--describe FILE.json` writes what the model is.
Before it is asked anything its structure is judged; exit code 3 where that is unsound, which the
description then says. Exit code 2 with one line on stderr where there is nothing to judge.
"""

import argparse
import importlib.metadata
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from . import protocol, soundness, tensors
from .errors import NotServableError, ProtocolError
from .loading import load_checked
from .model import Arrays, Predictor
from .release import Release, read_release
from .soundness import Unsound

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNSOUND = 3
_MOST_SINGLE_ROWS = 64
_TOLERANCE = 1e-6
_PACKAGES = ("numpy", "scipy", "scikit-learn", "skops", "pandas", "onnxruntime", "msgspec", "uvicorn")


_OPTIONS = {
    "--input": "npz with one array for each input of the model",
    "--output": "npz to write",
    "--describe": "JSON to write what the model is to",
}


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, answer, write.

    Returns:
        0, or 2 where the model cannot be loaded or the rows are not as its signature says, or 3 where it was
        loaded and must not be asked.
    """
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except (NotServableError, ProtocolError) as error:
        sys.stderr.write(f"{error.message}\n")
        return 2


def answer_rows(predictor: Predictor, arrays: Arrays) -> dict[str, "NDArray[Any]"]:
    """Predict all rows at once, again, and the first ones singly; see the module for what comes back."""
    import numpy as np

    single_rows = min(_MOST_SINGLE_ROWS, len(next(iter(arrays.values()))))
    predictor.predict(_rows(arrays, 0, 1))
    answer, seconds = _timed(predictor, arrays)
    again, _ = _timed(predictor, arrays)
    singles = [_timed(predictor, _rows(arrays, row, row + 1)) for row in range(single_rows)]
    joined = {name: np.concatenate([single[name] for single, _ in singles]) for name in answer}
    return {
        **{name: _without_objects(array) for name, array in answer.items()},
        "seconds": np.array(seconds),
        "single_seconds": np.array([spent for _, spent in singles]),
        "single_differs": np.array(_count_differing(_rows(answer, 0, single_rows), joined, _TOLERANCE)),
        "repeat_differs": np.array(_count_differing(answer, again, 0.0)),
    }


def judge(predictor: Predictor, release: Release) -> tuple[Unsound, ...]:
    """Why the model must not be asked anything: other libraries than it was saved with, or its structure."""
    if predictor.estimator is None:
        return ()  # a graph: ONNX Runtime has judged it when it was loaded
    saved, ours = predictor.saved_with, _version("scikit-learn") or ""
    if saved and saved.split(".")[:2] != ours.split(".")[:2]:
        sentence = f"wanted the scikit-learn {saved} that the model was saved with, found {ours}"
        return (Unsound("version-mismatch", "model", sentence),)
    return soundness.judge(predictor.estimator, columns=_columns(release))


def describe(predictor: Predictor) -> dict[str, Any]:
    """What the model is: its class, number of features, classes, and the packages it runs on."""
    estimator = predictor.estimator if predictor.estimator is not None else predictor
    return {
        "estimator": f"{type(estimator).__module__}.{type(estimator).__qualname__}",
        "n_features_in": getattr(estimator, "n_features_in_", None),
        "classes": predictor.classes,
        "versions": {name: found for name in _PACKAGES if (found := _version(name)) is not None},
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ona_serving.batch", description="Answer a file of rows.")
    for name, about in _OPTIONS.items():
        parser.add_argument(name, type=Path, action="append", default=[], help=f"{about}; may be repeated")
    return parser


def _run(options: argparse.Namespace) -> int:
    import numpy as np

    root = Path(os.environ.get("ONA_ROOT", "/opt/ona"))
    release = read_release(root / "release.json")
    predictor = load_checked(root, release)
    unsound = judge(predictor, release)
    described = msgspec.json.encode({**describe(predictor), "unsound": unsound}, order="sorted")
    for path in options.describe:
        path.write_bytes(described)
    if not all(one.is_doubt for one in unsound):
        sys.stderr.writelines(f"{one.subject}: {one.code}: {one.sentence}\n" for one in unsound)
        return UNSOUND
    if len(options.input) != len(options.output):
        raise NotServableError("--input and --output: wanted both, found one")
    for given, made in zip(options.input, options.output, strict=True):
        answer: dict[str, Any] = _answer(predictor, _read(given, release))
        with made.open("wb") as file:  # given a name, savez would add a suffix to it
            np.savez(file, **answer)
    return 0


def _answer(predictor: Predictor, arrays: Arrays) -> dict[str, "NDArray[Any]"]:
    try:
        return answer_rows(predictor, arrays)
    except Exception as error:  # an estimator may raise anything
        raise NotServableError(f"the model raised {type(error).__name__}: {error}") from error


def _read(path: Path, release: Release) -> Arrays:
    import numpy as np

    specs = {spec.name: spec for spec in release.signature.inputs}
    try:
        with np.load(path, allow_pickle=False) as given:
            found = {name: given[name] for name in given.files}
    except (OSError, ValueError) as error:
        raise NotServableError(f"{path.name}: cannot be read: {error}") from error
    if found.keys() != specs.keys():
        raise NotServableError(f"{path.name}: wanted {sorted(specs)}, found {sorted(found)}")
    arrays = {
        name: tensors.from_array(found[name], spec, f"{path.name}: {name}") for name, spec in specs.items()
    }
    protocol.check_rows_agree(arrays)
    return arrays


def _columns(release: Release) -> int | None:
    """How many features the signature declares; None where its tensors may have any number."""
    signature = release.signature
    if signature.is_table:
        return len(signature.inputs)
    shape = signature.inputs[0].shape
    return shape[1] if len(shape) == 2 and shape[1] >= 0 else None  # noqa: PLR2004 - rows and features


def _rows(arrays: Arrays, start: int, end: int) -> dict[str, "NDArray[Any]"]:
    return {name: array[start:end] for name, array in arrays.items()}


def _timed(predictor: Predictor, arrays: Arrays) -> tuple[dict[str, "NDArray[Any]"], float]:
    started = time.perf_counter()
    return predictor.predict(arrays), time.perf_counter() - started


def _count_differing(left: Arrays, right: Arrays, tolerance: float) -> int:
    """Rows in which any output differs: numbers by more than `tolerance`, the rest at all."""
    import numpy as np

    rows = len(next(iter(left.values())))
    differs: NDArray[np.bool_] = np.zeros(rows, dtype=bool)
    for name, array in left.items():
        differs |= _differing(array, right[name], tolerance).reshape(rows, -1).any(axis=1)
    return int(differs.sum())


def _differing(left: "NDArray[Any]", right: "NDArray[Any]", tolerance: float) -> "NDArray[Any]":
    import numpy as np

    is_same = left == right
    if left.dtype.kind == "f":
        is_same = np.isclose(left, right, rtol=0, atol=tolerance, equal_nan=True)
    return np.asarray(~is_same)


def _without_objects(array: "NDArray[Any]") -> "NDArray[Any]":
    """Text as fixed-width Unicode: an object array could only be written as a pickle."""
    return array.astype(str) if array.dtype.kind == "O" else array


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main())
