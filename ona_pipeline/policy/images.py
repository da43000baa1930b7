"""Whose word counts about published images."""

import msgspec


class ImagePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of published images.

    Attributes:
        signing_keys: PEM public keys, on curves of NIST, by which attestations of images count.
    """

    signing_keys: tuple[str, ...] = ()
