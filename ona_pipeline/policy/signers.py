"""Who may sign with which key: the allowed_signers file that users of git have."""

import msgspec


class SignaturePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``[tool.ona.signatures]`` says.

    Attributes:
        allowed_signers: path in the repository of an allowed_signers file, which says until when and for what
            a key may sign; empty: each key of a declared person may, at any time.
    """

    allowed_signers: str = ""


class Signers(msgspec.Struct, frozen=True):
    """An allowed_signers file.

    Attributes:
        content: its bytes.
        subject: where it came from, for messages: ``.ona/allowed_signers at origin/main``.
    """

    content: bytes
    subject: str
