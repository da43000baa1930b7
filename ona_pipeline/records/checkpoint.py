"""The end of a ledger at some moment, noted elsewhere: it shows later what was cut off or rewritten."""

from datetime import datetime

import msgspec

from ona_pipeline.records.canonical import decode, encode
from ona_pipeline.records.digest import Digest

NAMESPACE = "ona-checkpoint"
"""What the signature of one is for."""


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which event a ledger ended with. It says nothing that the ledger cannot be compared with.

    Attributes:
        ledger: digest of the first event, which a ledger is known by.
        sequence: of the last event.
        digest: of the last event.
        at: time of the last event, UTC.
    """

    ledger: Digest
    sequence: int
    digest: Digest
    at: datetime

    @property
    def text(self) -> bytes:
        """What is kept and signed: canonical JSON and a newline."""
        return encode(self) + b"\n"


def read_checkpoint(content: bytes) -> Checkpoint:
    """The checkpoint that a text says.

    Raises:
        ValueError: it is none, or is not written as it has to be.
    """
    try:
        found = decode(content, Checkpoint)
    except msgspec.DecodeError as error:
        raise ValueError(f"wanted a checkpoint, found something else: {error}") from error
    if found.text != content:
        raise ValueError("wanted a checkpoint as canonical JSON and a newline, found other bytes")
    return found
