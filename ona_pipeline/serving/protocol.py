"""Open Inference Protocol v2 over REST: requests to arrays, arrays to answers.

Source: Open Inference Protocol, "HTTP/REST" (kserve/open-inference-protocol). The binary tensor extension is
not offered, so `data` is always JSON.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from . import tensors
from .errors import ProtocolError
from .release import TensorSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray


class InferInput(msgspec.Struct, frozen=True):
    """One input of a request; `data` is looked at once its type is known."""

    name: str
    shape: tuple[int, ...]
    datatype: str
    data: msgspec.Raw


class RequestedOutput(msgspec.Struct, frozen=True):
    """An output that the caller wants; where none is named, all come."""

    name: str


class InferRequest(msgspec.Struct, frozen=True):
    """The body of an infer request."""

    inputs: tuple[InferInput, ...]
    id: str = ""
    outputs: tuple[RequestedOutput, ...] = ()


_REQUEST = msgspec.json.Decoder(InferRequest)
_QUESTION = msgspec.json.Decoder(tuple[InferInput, ...])


def decode_request(body: bytes) -> InferRequest:
    """Read the body of an infer request, its `data` aside.

    Raises:
        ProtocolError: it is not JSON (which has no NaN), or a field is missing or of another type.
    """
    try:
        return _REQUEST.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProtocolError(not_decoded(error)) from error


def decode_question(inputs: bytes | msgspec.Raw, wanted: Sequence[TensorSpec]) -> dict[str, "NDArray[Any]"]:
    """The arrays of a known question, by the same rules as a request.

    Raises:
        ProtocolError: as `arrays_of`.
    """
    try:
        given = _QUESTION.decode(bytes(inputs))
    except msgspec.DecodeError as error:
        raise ProtocolError(not_decoded(error)) from error
    return arrays_of(InferRequest(inputs=given), wanted, max_rows=2**31)


def arrays_of(
    request: InferRequest, wanted: Sequence[TensorSpec], *, max_rows: int
) -> dict[str, "NDArray[Any]"]:
    """The arrays of a request, one for each declared input.

    Args:
        request: what was asked.
        wanted: the declared inputs.
        max_rows: most rows accepted.

    Raises:
        ProtocolError: an input is missing, unknown, given twice, or not as declared; the message names it.
    """
    specs = {spec.name: spec for spec in wanted}
    arrays: dict[str, NDArray[Any]] = {}
    for index, given in enumerate(request.inputs):
        field = f"inputs[{index}]"
        if given.name not in specs or given.name in arrays:
            problem = "given twice" if given.name in arrays else f"wanted one of {sorted(specs)}"
            raise ProtocolError(f"{field}.name: {problem}, found {given.name!r}")
        arrays[given.name] = _array_of(given, specs[given.name], field, max_rows)
    if missing := sorted(specs.keys() - arrays.keys()):
        raise ProtocolError(f"inputs: {missing[0]!r} is missing")
    check_rows_agree(arrays)
    return arrays


def check_rows(rows: int, max_rows: int, field: str) -> None:
    """Refuse more rows than one request may hold.

    Raises:
        ProtocolError: status 413.
    """
    if rows > max_rows:
        raise ProtocolError(f"{field}: wanted at most {max_rows} rows, found {rows}", status=413)


def check_rows_agree(arrays: Mapping[str, "NDArray[Any]"]) -> None:
    """Refuse inputs that differ in their number of rows.

    Raises:
        ProtocolError: the message has the number of rows of every input.
    """
    rows = {name: len(array) for name, array in arrays.items()}
    if len(set(rows.values())) > 1:
        raise ProtocolError(f"inputs: wanted the same number of rows in all, found {rows}")


def encode_answer(
    answer: Mapping[str, "NDArray[Any]"], request: InferRequest, heading: Mapping[str, Any]
) -> bytes:
    """The body of an infer response.

    Args:
        answer: output name to array.
        request: decides the id and the outputs.
        heading: `model_name`, `model_version` and `parameters`.

    Raises:
        ProtocolError: the request names an output that the model has not.
    """
    names = [output.name for output in request.outputs] or list(answer)
    if unknown := [name for name in names if name not in answer]:
        raise ProtocolError(f"outputs: wanted some of {sorted(answer)}, found {unknown[0]!r}")
    body = {**heading, "outputs": [_tensor(name, answer[name]) for name in names]}
    return msgspec.json.encode({**body, "id": request.id} if request.id else body)


def describe(answer: Mapping[str, "NDArray[Any]"]) -> list[dict[str, Any]]:
    """The outputs for the model's metadata, read off one answer."""
    return [
        {"name": name, "datatype": tensors.datatype_of(array.dtype), "shape": [-1, *array.shape[1:]]}
        for name, array in answer.items()
    ]


def not_decoded(error: Exception) -> str:
    """One sentence from an error of msgspec: the path to the field first."""
    message, _, path = str(error).partition(" - at `$")
    place = path.rstrip("`").lstrip(".") or "body"
    remark = "; NaN and Infinity are not JSON" if "malformed" in message or "range" in message else ""
    return f"{place}: {message[:1].lower()}{message[1:]}{remark}"


def _array_of(given: InferInput, spec: TensorSpec, field: str, max_rows: int) -> "NDArray[Any]":
    if given.datatype != spec.datatype:
        raise ProtocolError(f"{field}.datatype: wanted {spec.datatype}, found {given.datatype}")
    tensors.check_shape(given.shape, spec, f"{field}.shape")
    check_rows(given.shape[0], max_rows, f"{field}.shape")
    return tensors.from_json(given.data, spec, given.shape, f"{field}.data")


def _tensor(name: str, array: "NDArray[Any]") -> dict[str, Any]:
    datatype = tensors.datatype_of(array.dtype)
    return {"name": name, "datatype": datatype, "shape": array.shape, "data": array.ravel().tolist()}
