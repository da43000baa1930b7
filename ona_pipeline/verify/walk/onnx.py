"""ONNX models: a graph of operators, walked as protocol buffers; nothing beside the file is read by it.

An operator is named ``domain.Operator``; those of ONNX itself compute and do nothing else. What a model may
bring of its own is refused: data in other files, operators of other domains, functions, training steps.
"""

from math import prod

from ona_pipeline.verify.walk import onnx_messages, protobuf
from ona_pipeline.verify.walk.interface import Content, MalformedError
from ona_pipeline.verify.walk.onnx_messages import MESSAGES
from ona_pipeline.verify.walk.protobuf import Message

_OWN_DOMAINS = {"", "ai.onnx", "ai.onnx.ml"}
_IR_VERSIONS = range(3, 14)
_EXTERNAL = 1
# onnx.proto, TensorProto.DataType: bytes of one element.
_SIZES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 14: 8, 15: 16, 16: 2}
_SIZES |= dict.fromkeys(range(17, 21), 1)
_HALF_BYTES = {21, 22}
_COMPLEX = {14, 15}
_DATA = ("float_data", "int32_data", "int64_data", "double_data", "uint64_data", "string_data")
_MOST_DIMENSIONS = 64
_LONGEST_NAME = 400
_MOST_NAMES = 1000


def is_model(content: memoryview) -> bool:
    """Whether these bytes begin as a model: a version of the format, and then another field of a model."""
    if bytes(content[:1]) != b"\x08":
        return False
    try:
        version, at = protobuf.varint(content, 1)
        tag, _ = protobuf.varint(content, at)
    except MalformedError:
        return False
    return version in _IR_VERSIONS and tag >> 3 in MESSAGES["Model"]


def walk(content: memoryview, *, max_metadata_bytes: int) -> Content:
    """Look at a whole model, in which texts that compute nothing may take `max_metadata_bytes`.

    Raises:
        MalformedError: it is no model, or one that reads or runs what is not ONNX's own.
    """
    judge = _Judge(max_metadata_bytes)
    protobuf.walk(content, "Model", MESSAGES, judge)
    return Content(names=frozenset(judge.operators))


class _Judge:
    """Is told of each message; keeps operators of other domains, and counts what computes nothing."""

    def __init__(self, max_metadata_bytes: int) -> None:
        self.operators: set[str] = set()
        self._most_bytes = max_metadata_bytes
        self._words_bytes = 0

    def __call__(self, message: Message) -> None:
        self._words_bytes += message.words_bytes
        if self._words_bytes > self._most_bytes:
            wanted = f"at most {self._most_bytes} bytes of metadata (max_metadata_bytes in [tool.ona.verify])"
            raise MalformedError("too-large", "more", wanted=wanted)
        for name, (code, what) in onnx_messages.REFUSED.items():
            if name in message.counts:
                raise MalformedError(code, what, wanted="a model that is whole in its file")
        if message.kind == "Model":
            _model(message)
        elif message.kind == "Tensor":
            _tensor(message)
        elif message.kind == "Node":
            _node(message, self.operators)


def _model(model: Message) -> None:
    if model.values.get("ir_version") not in _IR_VERSIONS or "opset_import" not in model.counts:
        raise _malformed("another version of the format, or no set of operators")
    if "graph" not in model.values:
        raise _malformed("no graph")


def _node(node: Message, operators: set[str]) -> None:
    domain, operator = node.values.get("domain", ""), node.values.get("op_type", "")
    if not operator:
        raise _malformed("a node without an operator")
    if domain not in _OWN_DOMAINS:
        operators.add(f"{domain}.{operator}"[:_LONGEST_NAME])
    if len(operators) > _MOST_NAMES:
        raise MalformedError("too-large", "more", wanted=f"at most {_MOST_NAMES} operators of other domains")


def _tensor(tensor: Message) -> None:
    """A tensor's elements must be as many as its shape says."""
    if tensor.values.get("data_location", 0) == _EXTERNAL:
        raise MalformedError("external-data", "elements in another file", wanted="a model that is whole")
    dims, kind = tensor.numbers.get("dims", []), tensor.values.get("data_type", 0)
    if len(dims) > _MOST_DIMENSIONS or any(dim >= 1 << 63 for dim in dims):
        raise _malformed("a tensor of another shape than numbers can have")
    given = [name for name in (*_DATA, "raw_data") if name in tensor.counts]
    if len(given) > 1:
        raise _malformed("a tensor whose elements are given in two ways")
    wanted = prod(dims)
    if given == ["raw_data"]:
        found, wanted = len(tensor.values["raw_data"]), _raw_bytes(kind, wanted)
    else:
        found = tensor.counts[given[0]] // (2 if kind in _COMPLEX else 1) if given else 0
    if found != wanted:
        raise _malformed(f"a tensor of {wanted} elements or bytes that has {found}")


def _raw_bytes(kind: int, elements: int) -> int:
    if kind in _HALF_BYTES:
        return (elements + 1) // 2
    if kind not in _SIZES:
        raise _malformed(f"a tensor of type {kind}")
    return _SIZES[kind] * elements


def _malformed(found: str) -> MalformedError:
    return MalformedError("onnx-malformed", found, wanted="an ONNX model")
