"""Compressed streams, unpacked piece by piece within a limit: zlib, gzip, bzip2, xz, lzma."""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

from ona_pipeline.verify.walk.interface import MalformedError
from ona_pipeline.verify.walk.reader import CHUNK_BYTES

_LZMA_MEMORY_BYTES = 80 << 20  # what preset 9 needs to unpack; a header could ask for four gigabytes
_DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    "zlib": zlib.decompressobj,
    "gzip": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_LZMA_MEMORY_BYTES),
    "lzma": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_LZMA_MEMORY_BYTES),
}
KINDS = tuple(_DECOMPRESSORS)


class Unpacked(io.RawIOBase):
    """The content of one compressed stream, which must be whole, alone, and not too large.

    Args:
        packed: at the stream's first byte.
        kind: one of `KINDS`.
        max_bytes: most that it may unpack to.
    """

    def __init__(self, packed: BinaryIO, kind: str, max_bytes: int) -> None:
        self._packed = packed
        self._inner = _DECOMPRESSORS[kind]()
        self._is_zlib = kind in {"zlib", "gzip"}
        self._left = max_bytes
        self._max_bytes = max_bytes

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` from the stream; 0 at its end.

        Raises:
            MalformedError: the stream is damaged, cut off, followed by something, or unpacks to too much.
        """
        content = b""
        while not content and not self._inner.eof:
            try:
                content = self._step(len(buffer))
            except (zlib.error, lzma.LZMAError, OSError, ValueError) as error:
                raise MalformedError("packing-malformed", f"a damaged stream: {error}") from error
        if not content:
            self._end()
        self._left -= len(content)
        if self._left < 0:
            raise MalformedError("too-large", "more", wanted=f"at most {self._max_bytes} bytes unpacked")
        buffer[: len(content)] = content
        return len(content)

    def _step(self, wanted_bytes: int) -> bytes:
        is_fed = self._is_zlib or self._inner.needs_input
        kept = self._inner.unconsumed_tail if self._is_zlib else b""
        packed = kept or (self._packed.read(CHUNK_BYTES) if is_fed else b"")
        content: bytes = self._inner.decompress(packed, wanted_bytes)
        if is_fed and not packed and not content and not self._inner.eof:
            raise MalformedError("truncated", "the end of the file within the compressed stream")
        return content

    def _end(self) -> None:
        if self._inner.unused_data or self._packed.read(1):
            raise MalformedError("trailing-bytes", "bytes after the end of the compressed stream")
