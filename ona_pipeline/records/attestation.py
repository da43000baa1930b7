"""What was said of an image, and signed."""

import msgspec

from ona_pipeline.records.digest import Digest


class Attestation(msgspec.Struct, frozen=True):
    """A signed statement beside the image.

    Attributes:
        predicate: type of what it says.
        digest: of the artifact's manifest in the image registry.
        key: fingerprint of the key that signed it.
    """

    predicate: str
    digest: Digest
    key: str
