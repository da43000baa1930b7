"""Open Inference Protocol v2 over REST: requests to arrays, arrays to answers.

Source: Open Inference Protocol, "HTTP/REST" (kserve/open-inference-protocol). Elements are JSON in `data`, or
bytes after the JSON (`binary.py`).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from . import binary, tensors
from .binary import Tail
from .errors import ProtocolError
from .release import TensorSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray


class InputParameters(msgspec.Struct, frozen=True):
    """Where the elements are, if not in `data`: so many bytes after the JSON."""

    binary_data_size: int | None = None


class OutputParameters(msgspec.Struct, frozen=True):
    """Whether an output is wanted as bytes; None: as the request says for all."""

    binary_data: bool | None = None


class RequestParameters(msgspec.Struct, frozen=True):
    """Whether outputs are wanted as bytes, where they do not say themselves."""

    binary_data_output: bool = False


class InferInput(msgspec.Struct, frozen=True):
    """One input of a request; `data` is looked at once its type is known."""

    name: str
    shape: tuple[int, ...]
    datatype: str
    data: msgspec.Raw = msgspec.Raw(b"")
    parameters: InputParameters = InputParameters()


class RequestedOutput(msgspec.Struct, frozen=True):
    """An output that the caller wants; where none is named, all come."""

    name: str
    parameters: OutputParameters = OutputParameters()


class InferRequest(msgspec.Struct, frozen=True):
    """The body of an infer request."""

    inputs: tuple[InferInput, ...]
    id: str = ""
    outputs: tuple[RequestedOutput, ...] = ()
    parameters: RequestParameters = RequestParameters()

    def is_binary(self, name: str) -> bool:
        """Whether an output is wanted as bytes."""
        said = [one.parameters.binary_data for one in self.outputs if one.name == name]
        return self.parameters.binary_data_output if not said or said[0] is None else said[0]


_REQUEST = msgspec.json.Decoder(InferRequest)
_QUESTION = msgspec.json.Decoder(tuple[InferInput, ...])


def decode_request(body: bytes | memoryview) -> InferRequest:
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
    request: InferRequest, wanted: Sequence[TensorSpec], *, max_rows: int, tail: Tail | None = None
) -> dict[str, "NDArray[Any]"]:
    """The arrays of a request, one for each declared input.

    Args:
        request: what was asked.
        wanted: the declared inputs.
        max_rows: most rows accepted.
        tail: what came after the JSON, if anything.

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
        arrays[given.name] = _array_of(given, specs[given.name], field, max_rows, tail)
    if tail is not None:
        tail.end()
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
) -> tuple[bytes, int | None]:
    """The body of an infer response, and how much of it is JSON; None for all.

    Args:
        answer: output name to array.
        request: decides the id, the outputs, and which of them are bytes.
        heading: `model_name`, `model_version` and `parameters`.

    Raises:
        ProtocolError: the request names an output that the model has not.
    """
    names = [output.name for output in request.outputs] or list(answer)
    if unknown := [name for name in names if name not in answer]:
        raise ProtocolError(f"outputs: wanted some of {sorted(answer)}, found {unknown[0]!r}")
    contents = {name: binary.write(answer[name]) for name in names if request.is_binary(name)}
    body = {**heading, "outputs": [_tensor(name, answer[name], contents.get(name)) for name in names]}
    text = msgspec.json.encode({**body, "id": request.id} if request.id else body)
    return (b"".join([text, *contents.values()]), len(text)) if contents else (text, None)


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


def _array_of(
    given: InferInput, spec: TensorSpec, field: str, max_rows: int, tail: Tail | None
) -> "NDArray[Any]":
    if given.datatype != spec.datatype:
        raise ProtocolError(f"{field}.datatype: wanted {spec.datatype}, found {given.datatype}")
    tensors.check_shape(given.shape, spec, f"{field}.shape")
    check_rows(given.shape[0], max_rows, f"{field}.shape")
    size_bytes = given.parameters.binary_data_size
    if size_bytes is None:
        if not bytes(given.data):
            raise ProtocolError(f"{field}: object missing required field `data`")
        return tensors.from_json(given.data, spec, given.shape, f"{field}.data")
    field = f"{field}.parameters.binary_data_size"
    if bytes(given.data):
        raise ProtocolError(f"{field}: wanted no data beside it, found some")
    content = (tail or Tail(memoryview(b""))).take(size_bytes, field)
    return binary.read(content, spec, given.shape, field)


def _tensor(name: str, array: "NDArray[Any]", content: bytes | None) -> dict[str, Any]:
    datatype = tensors.datatype_of(array.dtype)
    tensor = {"name": name, "datatype": datatype, "shape": array.shape}
    if content is None:
        return {**tensor, "data": array.ravel().tolist()}
    return {**tensor, "parameters": {"binary_data_size": len(content)}}
