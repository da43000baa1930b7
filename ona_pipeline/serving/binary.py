"""Elements of tensors as bytes after the JSON of a body: the binary tensor extension of the protocol.

Numbers are little-endian and row by row, booleans one byte each, texts their length in four bytes and then
themselves. The JSON says for each tensor how many bytes are its own, and a header how long the JSON is.

Source: Triton Inference Server, "Binary Tensor Data Extension" of the Open Inference Protocol v2.
"""

import math
import struct
from typing import TYPE_CHECKING, Any

from . import tensors
from .errors import ProtocolError
from .release import TensorSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEADER = "inference-header-content-length"
CONTENT_TYPE = "application/octet-stream"
_LENGTH = struct.Struct("<I")
_DTYPES = {"BOOL": "?", "INT32": "<i4", "INT64": "<i8", "FP32": "<f4", "FP64": "<f8"}


class Tail:
    """The bytes after the JSON, given out tensor by tensor."""

    def __init__(self, content: memoryview) -> None:
        self._content = content

    def take(self, size_bytes: int, field: str) -> memoryview:
        """The next bytes.

        Raises:
            ProtocolError: there are not so many left.
        """
        if not 0 <= size_bytes <= len(self._content):
            raise ProtocolError(f"{field}: wanted at most {len(self._content)} bytes, found {size_bytes}")
        taken, self._content = self._content[:size_bytes], self._content[size_bytes:]
        return taken

    def end(self) -> None:
        """Refuse bytes that belong to no tensor.

        Raises:
            ProtocolError: some are left.
        """
        if len(self._content):
            raise ProtocolError(f"body: wanted nothing after the tensors, found {len(self._content)} bytes")


def split(body: bytes, header: str | None) -> tuple[bytes | memoryview, Tail]:
    """The JSON of a body, and what comes after it.

    Args:
        body: of the request.
        header: how many bytes are JSON, as the caller says; None for all of them.

    Raises:
        ProtocolError: the header is no such number.
    """
    if header is None:
        return body, Tail(memoryview(b""))
    length = int(header) if header.isascii() and header.isdecimal() and len(header) < 20 else -1  # noqa: PLR2004
    if not 0 <= length <= len(body):
        raise ProtocolError(f"{HEADER}: wanted a number up to {len(body)}, found {header[:40]!r}")
    whole = memoryview(body)
    return whole[:length], Tail(whole[length:])


def read(content: memoryview, spec: TensorSpec, shape: tuple[int, ...], field: str) -> "NDArray[Any]":
    """The array in its bytes.

    Args:
        content: of this tensor alone.
        spec: the declared input.
        shape: of this request, already compared with the input's.
        field: its name, for messages.

    Raises:
        ProtocolError: another number of elements, text that is no UTF-8, a number that is not finite.
    """
    import numpy as np

    if spec.datatype == "BYTES":
        texts = np.empty(math.prod(shape), dtype=object)
        texts[:] = _texts(content, math.prod(shape), field)
        return texts.reshape(shape)
    dtype = np.dtype(_DTYPES[spec.datatype])
    if len(content) != math.prod(shape) * dtype.itemsize:
        wanted = math.prod(shape) * dtype.itemsize
        raise ProtocolError(f"{field}: wanted {wanted} bytes, found {len(content)}")
    if spec.datatype == "BOOL" and content.tobytes().strip(b"\0\1"):
        raise ProtocolError(f"{field}: wanted bytes of 0 and 1, found others")
    array = np.frombuffer(content, dtype=dtype).reshape(shape)
    tensors.check_finite(array, field)
    return array


def write(array: "NDArray[Any]") -> bytes:
    """The bytes of an array."""
    if array.dtype.kind in "OUS":
        texts = [str(one).encode() for one in array.ravel().tolist()]
        return b"".join(part for text in texts for part in (_LENGTH.pack(len(text)), text))
    return array.astype(array.dtype.newbyteorder("<")).tobytes()


def _texts(content: memoryview, count: int, field: str) -> list[str]:
    texts: list[str] = []
    at = 0
    while at < len(content) and len(texts) < count:
        start = at + _LENGTH.size
        end = start + (_LENGTH.unpack_from(content, at)[0] if start <= len(content) else 0)
        if end > len(content) or start > len(content):
            raise ProtocolError(f"{field}[{len(texts)}]: wanted a text, found less than its length says")
        try:
            texts.append(str(content[start:end], "utf-8"))
        except UnicodeDecodeError as error:
            raise ProtocolError(f"{field}[{len(texts)}]: wanted text in UTF-8, found other bytes") from error
        at = end
    if at != len(content) or len(texts) != count:
        raise ProtocolError(f"{field}: wanted {count} texts and no more, found others")
    return texts
