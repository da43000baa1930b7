"""Columns of a table, laid out as the inputs that the model signature names."""

from typing import Any

from ona_pipeline.records.evidence import Signature, TensorSpec
from ona_pipeline.records.finding import Finding

CODE = "data-does-not-fit"
_TYPES = {"FP64": "f8", "FP32": "f4", "INT64": "i8", "INT32": "i4", "BOOL": "?", "BYTES": "U"}
_MATRIX = 2


def lay_out(features: Any, signature: Signature) -> dict[str, Any] | Finding:
    """One array for each input of the signature, rows first.

    One input with a shape of two dimensions takes all columns in order; otherwise each input takes the column
    of its name.

    Args:
        features: pandas DataFrame without the label.
        signature: as it was prepared.
    """
    first = signature.inputs[0]
    if len(signature.inputs) == 1 and len(first.shape) == _MATRIX:
        return _matrix(features, first)
    missing = [spec.name for spec in signature.inputs if spec.name not in features.columns]
    if missing:
        return _finding(missing[0], f"wanted columns {missing}, found {list(features.columns)}")
    laid: dict[str, Any] = {}
    for spec in signature.inputs:
        array = _typed(features[spec.name].to_numpy(), spec)
        if isinstance(array, Finding):
            return array
        laid[spec.name] = array.reshape(-1, *(1 for _ in spec.shape[1:]))
    return laid


def _matrix(features: Any, spec: TensorSpec) -> dict[str, Any] | Finding:
    wanted, found = spec.shape[1], len(features.columns)
    if wanted not in (-1, found):
        return _finding(spec.name, f"wanted {wanted} feature columns, found {found}")
    array = _typed(features.to_numpy(), spec)
    return array if isinstance(array, Finding) else {spec.name: array}


def _typed(values: Any, spec: TensorSpec) -> Any:
    """The values in the type of the signature: an array, or a finding where they do not fit."""
    if spec.datatype not in _TYPES:
        return _finding(spec.name, f"wanted one of {', '.join(_TYPES)}, found {spec.datatype}")
    try:
        return values.astype(_TYPES[spec.datatype])
    except (ValueError, TypeError) as error:
        return _finding(spec.name, f"wanted {spec.datatype} in every row, found otherwise: {error}")


def _finding(subject: str, what: str) -> Finding:
    return Finding(CODE, subject, f"evaluation data for input {subject!r}: {what}")
