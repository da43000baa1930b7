"""`python -m ona_serving.faster --rows evaluation.npz --output DIR`: exit code 0 once they are compared."""

import argparse
import os
import sys
from pathlib import Path

import msgspec
import numpy as np

from ..batch import describe, judge
from ..errors import NotServableError
from ..loading import load_checked
from ..model import Arrays, SklearnPredictor
from ..onnx_model import FILE, load_onnx
from ..release import Release, read_release
from . import compare, rows
from .compare import Comparison
from .convert import convert


def main(arguments: list[str] | None = None) -> int:
    """Convert, compare, and write what came of it.

    Returns:
        0, or 2 where the model cannot be loaded.
    """
    parser = argparse.ArgumentParser(prog="ona_serving.faster", description="Make a faster form of a model.")
    parser.add_argument("--rows", type=Path, required=True, help="npz with the evaluation rows, by input")
    parser.add_argument("--output", type=Path, required=True, help="folder to write to")
    options = parser.parse_args(arguments)
    root = Path(os.environ.get("ONA_ROOT", "/opt/ona"))
    try:
        release = read_release(root / "release.json")
        predictor = load_checked(root, release)
    except NotServableError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    comparison = _compared(predictor, release, options.rows, options.output)
    if not comparison.is_shown:
        (options.output / FILE).unlink(missing_ok=True)
    said = {**msgspec.to_builtins(comparison), **describe(predictor), "tolerance": compare.TOLERANCE}
    (options.output / "comparison.json").write_bytes(msgspec.json.encode(said))
    return 0


def _compared(predictor: object, release: Release, given: Path, output: Path) -> Comparison:
    if not isinstance(predictor, SklearnPredictor):
        return Comparison(reason="there is no faster form of this one")
    if found := judge(predictor, release):
        return Comparison(reason=f"{found[0].subject}: {found[0].code}: {found[0].sentence}")
    try:
        (output / FILE).write_bytes(convert(predictor))
        graph = load_onnx(output, msgspec.structs.replace(release, form="onnx"))
    except Exception as error:  # noqa: BLE001  a converter may raise anything; its first line says what it lacks
        return Comparison(reason=f"no graph: {type(error).__name__}: {_first_line(error)}")
    comparison = Comparison()
    try:
        evaluation = _read(given)
        comparison.ask("evaluation", predictor, graph, [evaluation])
        comparison.ask("random", predictor, graph, [rows.random_rows(evaluation)])
        comparison.ask("threshold", predictor, graph, rows.threshold_rows(predictor, evaluation))
    except Exception as error:  # noqa: BLE001  an estimator may raise anything
        comparison.reason = f"not compared: {type(error).__name__}: {_first_line(error)}"
    return comparison


def _read(path: Path) -> Arrays:
    """Text comes as fixed-width Unicode, and is asked as it is in requests: as objects."""
    with np.load(path, allow_pickle=False) as given:
        found = {name: given[name] for name in given.files}
    return {name: array.astype(object) if array.dtype.kind == "U" else array for name, array in found.items()}


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:300]


if __name__ == "__main__":
    sys.exit(main())
