"""MLflow's `/invocations`: `dataframe_split`, `dataframe_records`, `instances`, `inputs`, and CSV.

Source: MLflow, "Deploy MLflow Model as a Local Inference Server", accepted inputs. Tables suit a model of one
two-dimensional array too: their columns are then taken in the order given.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from . import protocol, tensors
from .errors import ProtocolError
from .release import Signature, TensorSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Split(msgspec.Struct, frozen=True):
    """A table as `{"columns": […], "data": [[…], …]}`; an `index` is not needed and passes.

    Tables without names of their own number their columns.
    """

    data: list[list[Any]]
    columns: list[str | int] | None = None

    @property
    def names(self) -> list[str] | None:
        """The columns as text; None where none are given."""
        return None if self.columns is None else [str(column) for column in self.columns]


class Invocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a request; exactly one of the four forms."""

    dataframe_split: Split | None = None
    dataframe_records: list[dict[str, Any]] | None = None
    instances: list[Any] | None = None
    inputs: Any = None
    params: dict[str, Any] = {}


_JSON = msgspec.json.Decoder(Invocation)
_FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")


def decode_json(body: bytes, signature: Signature, *, max_rows: int) -> dict[str, "NDArray[Any]"]:
    """The arrays in a JSON body.

    Raises:
        ProtocolError: not exactly one form, parameters (no model here takes any), or a value that is not
            as declared.
    """
    try:
        given = _JSON.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProtocolError(protocol.not_decoded(error)) from error
    forms = [form for form in _FORMS if getattr(given, form) is not None]
    if len(forms) != 1:
        raise ProtocolError(f"body: wanted exactly one of {list(_FORMS)}, found {forms}")
    if given.params:
        raise ProtocolError(f"params: wanted none, found {sorted(given.params)}")
    return _checked(_named(given, signature), signature, forms[0], max_rows)


def decode_csv(body: bytes, signature: Signature, *, max_rows: int) -> dict[str, "NDArray[Any]"]:
    """The arrays in a CSV body: a line of column names, then the rows.

    Raises:
        ProtocolError: not UTF-8, rows of different lengths, or a value that is not as declared.
    """
    try:
        lines = list(csv.reader(io.StringIO(body.decode()), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ProtocolError(f"body: not CSV in UTF-8: {error}") from error
    columns, *rows = [line for line in lines if line] or [[]]
    kinds = [_column_type(name, signature) for name in columns]
    data = [
        [_value(text, kind) for text, kind in zip(row, kinds, strict=False)] + row[len(kinds) :]
        for row in rows
    ]
    return _checked(_from_table(columns, data, signature, "csv"), signature, "csv", max_rows)


def encode_predictions(values: "NDArray[Any]") -> bytes:
    """The body of a response: one element of `predictions` for each row."""
    return msgspec.json.encode({"predictions": values.tolist()})


def _named(given: Invocation, signature: Signature) -> dict[str, Any]:
    """Plain values by input name, whichever form they came in."""
    if given.dataframe_split is not None:
        split = given.dataframe_split
        return _from_table(split.names, split.data, signature, "dataframe_split")
    if given.dataframe_records is not None:
        return _from_records(given.dataframe_records, signature, "dataframe_records")
    if given.instances is not None:
        return _from_instances(given.instances, signature)
    if isinstance(given.inputs, dict):
        return given.inputs
    return {_only_input(signature, "inputs").name: given.inputs}


def _from_instances(instances: list[Any], signature: Signature) -> dict[str, Any]:
    """Rows; each a value, or an object of input names where there are several inputs."""
    if not instances or not all(isinstance(row, dict) for row in instances):
        return {_only_input(signature, "instances").name: instances}
    return _columns_of(instances, [spec.name for spec in signature.inputs], "instances")


def _from_records(records: list[dict[str, Any]], signature: Signature, form: str) -> dict[str, Any]:
    names = (
        [spec.name for spec in signature.inputs]
        if signature.is_table
        else list(records[0] if records else [])
    )
    named = _columns_of(records, names, form)
    rows = [list(row) for row in zip(*(named[name] for name in names), strict=True)]
    return named if signature.is_table else {signature.inputs[0].name: rows}


def _columns_of(records: list[dict[str, Any]], names: Sequence[str], form: str) -> dict[str, Any]:
    for index, record in enumerate(records):
        if record.keys() != set(names):
            raise ProtocolError(f"{form}[{index}]: wanted {sorted(names)}, found {sorted(record)}")
    return {name: [record[name] for record in records] for name in names}


def _from_table(
    columns: list[str] | None, data: list[list[Any]], signature: Signature, form: str
) -> dict[str, Any]:
    if columns is None and not signature.is_table:
        return {signature.inputs[0].name: data}
    names = columns if columns is not None else [spec.name for spec in signature.inputs]
    if len(set(names)) != len(names):
        raise ProtocolError(f"{form}.columns: a column is given twice, found {names}")
    for index, row in enumerate(data):
        if len(row) != len(names):
            raise ProtocolError(f"{form}.data[{index}]: wanted {len(names)} values, found {len(row)}")
    if not signature.is_table:
        return {signature.inputs[0].name: data}
    return {name: [row[place] for row in data] for place, name in enumerate(names)}


def _checked(
    named: Mapping[str, Any], signature: Signature, form: str, max_rows: int
) -> dict[str, "NDArray[Any]"]:
    specs = {spec.name: spec for spec in signature.inputs}
    if named.keys() != specs.keys():
        raise ProtocolError(f"{form}: wanted {sorted(specs)}, found {sorted(named)}")
    for name, values in named.items():
        protocol.check_rows(len(values) if isinstance(values, list) else 0, max_rows, f"{form}.{name}")
    arrays = {name: tensors.from_values(named[name], spec, f"{form}.{name}") for name, spec in specs.items()}
    protocol.check_rows_agree(arrays)
    return arrays


def _only_input(signature: Signature, form: str) -> TensorSpec:
    if len(signature.inputs) != 1:
        names = [spec.name for spec in signature.inputs]
        raise ProtocolError(f"{form}: wanted objects that name {names}, found plain values")
    return signature.inputs[0]


def _column_type(name: str, signature: Signature) -> str:
    if not signature.is_table:
        return signature.inputs[0].datatype
    return next((spec.datatype for spec in signature.inputs if spec.name == name), "BYTES")


def _value(text: str, datatype: str) -> Any:
    """The value that a cell stands for, or its text, which is then refused with its place."""
    if datatype == "BOOL":
        return {"true": True, "false": False}.get(text.lower(), text)
    kind = {"FP32": float, "FP64": float, "INT32": int, "INT64": int}.get(datatype, str)
    try:
        return kind(text)
    except ValueError:
        return text
