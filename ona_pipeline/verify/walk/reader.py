"""Bytes taken strictly from front to back: never fewer than asked for, never all at once."""

from typing import Protocol

from ona_pipeline.verify.walk.interface import MalformedError

CHUNK_BYTES = 1 << 16


class Stream(Protocol):
    """What bytes are taken from: a file, or what unpacks one."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes, fewer at the end only."""

    def readline(self, size: int, /) -> bytes:
        """At most so many bytes of a line."""


class Reader:
    """A stream that knows its place, and for which a short read is an error.

    Args:
        stream: buffered, at the first byte to take.

    Attributes:
        position: bytes taken so far.
    """

    __slots__ = ("_read", "_stream", "position")

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._read = stream.read
        self.position = 0

    def take(self, size_bytes: int) -> bytes:
        """The next bytes, at most a chunk of them.

        Raises:
            MalformedError: the file ends before.
        """
        content = self._read(size_bytes)
        if len(content) != size_bytes:
            raise MalformedError("truncated", f"its end within {size_bytes} bytes at {self.position}")
        self.position += size_bytes
        return content

    def skip(self, size_bytes: int) -> bytes:
        """Pass over any number of bytes, and return the first chunk of them.

        Raises:
            MalformedError: the file ends before.
        """
        head = self.take(min(size_bytes, CHUNK_BYTES))
        left = size_bytes - len(head)
        while left:
            left -= len(self.take(min(left, CHUNK_BYTES)))
        return head

    def line(self) -> tuple[bytes, bool]:
        """The next line without its end, at most a chunk of it, and whether that was all.

        Raises:
            MalformedError: the file ends before the line does.
        """
        head = piece = self._stream.readline(CHUNK_BYTES)
        self.position += len(piece)
        while not piece.endswith(b"\n"):
            if not piece:
                raise MalformedError("truncated", f"its end within a line at {self.position}")
            piece = self._stream.readline(CHUNK_BYTES)
            self.position += len(piece)
        return (head[:-1], True) if head is piece else (head, False)

    def piece(self) -> bytes:
        """The next chunk, however long; nothing at the end."""
        content = self._read(CHUNK_BYTES)
        self.position += len(content)
        return content

    def is_at_end(self) -> bool:
        """Whether nothing follows; takes a byte where something does."""
        return not self._read(1)
