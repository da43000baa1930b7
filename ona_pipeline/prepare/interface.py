"""What `prepare` needs of others."""

from pathlib import Path
from typing import Protocol

from ona_pipeline.image.runtime import Purpose, Runtime
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import Signature
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.reference import PinnedReference


class FindsRuntimes(Protocol):
    """What `prepare` needs of `image.runtime.Runtimes`."""

    def key(self, lock: bytes, purpose: Purpose = "serving") -> Digest:
        """The digest of all that decides the runtime for a lock."""
        ...

    def have(self, lock: bytes, purpose: Purpose = "serving") -> Runtime | Finding:
        """The runtime for a lock, found or made; or why there cannot be one."""
        ...


class Beside(Protocol):
    """More rows that may be answered in the run that loads the model anyway.

    Attributes:
        output: an existing, empty folder for the answers.
    """

    output: Path

    def rows(self, signature: Signature) -> Path | None:
        """The file of rows; None where there are none to ask beside."""
        ...

    def done(self, image: PinnedReference, release_file: bytes) -> None:
        """They were answered: by which image, told what."""
        ...
