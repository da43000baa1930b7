"""The digest of content."""

import hashlib
import re
from typing import Self

_TEXT = re.compile(r"sha256:[0-9a-f]{64}\Z")


class Digest(str):
    """A SHA-256 content digest, written ``sha256:<64 lowercase hex digits>``.

    A subclass of `str`, so that it is the same text in JSON, SQL and logs; a wrong one cannot exist.

    Raises:
        ValueError: the text is not such a digest.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Take the text as it is, or refuse it."""
        if not _TEXT.match(text):
            raise ValueError(f"not a sha256 digest: {text!r}")
        return super().__new__(cls, text)

    @classmethod
    def of(cls, content: bytes) -> Self:
        """The digest of `content`."""
        return super().__new__(cls, f"sha256:{hashlib.sha256(content).hexdigest()}")

    @property
    def hex(self) -> str:
        """The 64 hexadecimal digits alone."""
        return self.removeprefix("sha256:")

    @property
    def short(self) -> str:
        """The first twelve hexadecimal digits, for people."""
        return self.hex[:12]
