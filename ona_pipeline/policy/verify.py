"""What a model may be."""

import msgspec

from ona_pipeline.records.canonical import digest_of
from ona_pipeline.records.digest import Digest


class VerifyPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model may be.

    Attributes:
        formats: serialisation formats that may be released.
        trusted_types: exact ``module.Class`` names allowed beside the shipped list; no prefixes, no patterns.
        max_bytes: largest model directory, bytes.
        signing_keys: PEM public keys, on curves of NIST, that an attestation of a model may be signed with.
        require_signature: whether a model needs an attestation by one of them.
    """

    formats: tuple[str, ...] = ("skops",)
    trusted_types: tuple[str, ...] = ()
    max_bytes: int = 4 * 2**30
    signing_keys: tuple[str, ...] = ()
    require_signature: bool = False

    @property
    def digest(self) -> Digest:
        """What evidence and approvals name this policy by."""
        return digest_of(self)
