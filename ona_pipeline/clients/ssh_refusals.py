"""What ssh-keygen says of a signature that it does not accept, as our own errors."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from ona_pipeline.errors import RefusedError

_LINE = re.compile(r":(?P<number>[0-9]+): (?P<reason>invalid[^:\n]*|missing[^:\n]*|[^\n]*options[^\n]*)")


class SignatureError(RefusedError):
    """Something is not signed as it has to be; `code` is stable, for programs."""

    def __init__(self, code: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class BrokenLine(NamedTuple):
    """A line of an allowed_signers file that cannot be parsed."""

    number: int
    reason: str


INVALID = {
    "incorrect signature": ("signature-mismatch", "the signature is over other bytes, or was changed"),
    "namespace does not match": ("signature-namespace", "the signature was made for another purpose"),
}
NOT_ACCEPTED = {
    "in signature namespace": ("signature-namespace", "its key may not sign for this purpose"),
    "key has expired": ("signature-expired", "its key had expired by the time it was made"),
    "key is not yet valid": ("signature-expired", "its key was not valid yet when it was made"),
}
"""By the words of OpenSSH's sshsig.c."""


def invalid(said: str) -> SignatureError:
    """Why ssh-keygen, which said this, does not find it a signature of the bytes at all."""
    unreadable = ("signature-unreadable", "what stands there is not an SSH signature")
    code, sentence = next((known for words, known in INVALID.items() if words in said), unreadable)
    return SignatureError(code, sentence, hint="decide again; what was signed may not be edited afterwards")


def not_accepted(said: str, *, names: Sequence[str], owner: str, key: str, signers: str) -> SignatureError:
    """Why a signature that is over the right bytes does not count.

    Args:
        said: by ssh-keygen, when it was to verify.
        names: the principals that it had to be signed as.
        owner: the principals that the key belongs to, one a line; empty for none.
        key: its fingerprint.
        signers: the allowed_signers file, for messages.
    """
    wanted, hint = " or ".join(names), f"who may sign: {signers}"
    for words, (code, sentence) in NOT_ACCEPTED.items():
        if words in said:
            return SignatureError(code, f"{sentence}; wanted one by {wanted}", hint=hint)
    whose = f"a key of {', '.join(owner.split())}" if owner else "a key that nobody is known by"
    sentence = f"wanted a signature by {wanted}, found one by {whose} ({key})"
    return SignatureError("signature-unknown-key", sentence, hint=hint)


def broken_line(said: str, *, file: str) -> BrokenLine | None:
    """The line of `file` that ssh-keygen could not parse; None where it parsed them all."""
    found = _LINE.search(said.partition(file)[2])
    return BrokenLine(int(found["number"]), found["reason"].strip()) if found else None
