"""The model signature, out of the MLmodel file, in the words of the inference protocol.

Source:
    MLflow documentation, "Model Signatures" and "MLmodel"; Open Inference Protocol v2, "Tensor Data Types".
"""

from pathlib import Path
from typing import Any

import msgspec
import yaml

from ona_pipeline.records.evidence import Signature, TensorSpec

_TENSOR_TYPES = {
    "bool": "BOOL",
    "int32": "INT32",
    "int64": "INT64",
    "float32": "FP32",
    "float64": "FP64",
    "str": "BYTES",
    "object": "BYTES",
}
_COLUMN_TYPES = {
    "boolean": "BOOL",
    "integer": "INT32",
    "long": "INT64",
    "float": "FP32",
    "double": "FP64",
    "string": "BYTES",
}
_ANY_ROWS = -1


def read_signature(path: Path) -> Signature:
    """The signature in an MLmodel file.

    Args:
        path: of the file; it is read as plain data, whatever tags it has.

    Raises:
        ValueError: there is no such file, no signature in it, or one that the protocol cannot say.
    """
    try:
        schema = yaml.safe_load(path.read_bytes())["signature"]
        inputs, outputs = _specs(schema["inputs"], "input"), _specs(schema.get("outputs"), "output")
    except (OSError, yaml.YAMLError, msgspec.MsgspecError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{path.name} has no signature that can be read: {type(error).__name__}") from error
    if not inputs:
        raise ValueError(f"{path.name}: the signature names no inputs")
    return Signature(inputs=inputs, outputs=outputs)


def _specs(schema: str | None, role: str) -> tuple[TensorSpec, ...]:
    entries = msgspec.json.decode(schema) if schema else []
    return tuple(
        _spec(entry, entry.get("name") or f"{role}-{number}") for number, entry in enumerate(entries)
    )


def _spec(entry: dict[str, Any], name: str) -> TensorSpec:
    if entry["type"] == "tensor":
        kind, shape = entry["tensor-spec"]["dtype"], tuple(entry["tensor-spec"]["shape"])
        datatype = _TENSOR_TYPES.get(kind.strip("<>="))
    else:
        kind, shape = entry["type"], (_ANY_ROWS,)
        datatype = _COLUMN_TYPES.get(kind)
    if datatype is None:
        raise ValueError(f"{name}: the inference protocol has no type for {kind!r}")
    return TensorSpec(name=name, datatype=datatype, shape=shape)
