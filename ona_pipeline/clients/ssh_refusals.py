"""What ssh-keygen says of a signature that it does not accept, as our own errors."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from ona_pipeline.errors import RefusedError

_LINE = re.compile(r":(?P<number>[0-9]+): (?P<reason>invalid[^:\n]*|missing[^:\n]*|[^\n]*options[^\n]*)")
_FINGERPRINT = re.compile(r"with (?P<key>\S+ key \S+)")


class SignatureError(RefusedError):
    """Something is not signed as it has to be; `code` is stable, for programs."""

    def __init__(self, code: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class BrokenLine(NamedTuple):
    """A line of an allowed_signers file that cannot be parsed."""

    number: int
    reason: str


REASONS = {
    "incorrect signature": ("signature-mismatch", "the signature is over other bytes, or was changed"),
    "namespace does not match": ("signature-namespace", "the signature was made for another purpose"),
    "in signature namespace": ("signature-namespace", "its key may not sign for this purpose"),
    "key has expired": ("signature-expired", "its key had expired by the time it was made"),
    "key is not yet valid": ("signature-expired", "its key was not valid yet when it was made"),
    "parse signature": ("signature-unreadable", "what stands there is not an SSH signature"),
}
"""By the words of OpenSSH's sshsig.c."""


def refusal(said: str, *, names: Sequence[str], owner: str, key: str, signers: str) -> SignatureError:
    """Why a signature does not count.

    Args:
        said: by ssh-keygen, when it was to verify.
        names: the principals that it had to be signed as.
        owner: the principals that the key belongs to; empty for none.
        key: what ssh-keygen says of the key.
        signers: the allowed_signers file, for messages.
    """
    wanted = " or ".join(names)
    for words, (code, sentence) in REASONS.items():
        if words in said:
            return SignatureError(
                code, f"{sentence}; wanted one by {wanted}", hint=f"who may sign: {signers}"
            )
    found = _FINGERPRINT.search(key)
    whose = f"a key of {', '.join(owner.split())}" if owner else "a key that nobody is known by"
    return SignatureError(
        "signature-unknown-key",
        f"wanted a signature by {wanted}, found one by {whose}" + (f" ({found['key']})" if found else ""),
        hint=f"who may sign: {signers}",
    )


def broken_line(said: str, *, file: str) -> BrokenLine | None:
    """The line of `file` that ssh-keygen could not parse; None where it parsed them all."""
    found = _LINE.search(said.partition(file)[2])
    return BrokenLine(int(found["number"]), found["reason"].strip()) if found else None
