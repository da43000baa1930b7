"""What a model may be."""

from typing import Literal

import msgspec

from ona_pipeline.records.canonical import digest_of
from ona_pipeline.records.digest import Digest

Format = Literal["skops", "onnx", "pickle", "joblib", "numpy"]


class VerifyPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model may be.

    Attributes:
        formats: serialisation formats that may be released.
        trusted_types: exact ``module.Class`` names allowed beside the shipped lists; no patterns.
        max_bytes: largest model directory, and largest file unpacked, bytes.
        max_expansion: how many times its own size a file may unpack to; 64 MiB are always free.
        max_depth: how many values may lie in each other, with what circles add. Python's own pickler gives up
            near a thousand, and linked leaves at that edge count 2,500.
        max_metadata_bytes: most text in an ONNX file that takes no part in computing.
        signing_keys: PEM public keys, on curves of NIST, that an attestation of a model may be signed with.
        require_signature: whether a model needs an attestation by one of them.
    """

    formats: tuple[Format, ...] = ("skops", "onnx")
    trusted_types: tuple[str, ...] = ()
    max_bytes: int = 4 * 2**30
    max_expansion: int = 100
    max_depth: int = 4000
    max_metadata_bytes: int = 2**20
    signing_keys: tuple[str, ...] = ()
    require_signature: bool = False

    @property
    def digest(self) -> Digest:
        """What evidence and approvals name this policy by."""
        return digest_of(self)
