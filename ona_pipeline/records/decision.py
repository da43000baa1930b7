"""What a person signs when deciding: the words of the decision, as bytes that any program can make again."""

from typing import Literal, NamedTuple

import msgspec

from ona_pipeline.records.canonical import encode
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.promotion import Promotion

NAMESPACE: Literal["ona-decision"] = "ona-decision"
"""What the signature is for; one that was made for anything else does not count."""

Verb = Literal["approve", "reject"]


class Said(NamedTuple):
    """What a yes or no consists of.

    Attributes:
        reason: the person's words; may be empty.
        person: who says so, by the policy's ``[tool.ona.people]``; empty where nobody is declared.
        signature: armoured; empty where it is not signed.
    """

    reason: str
    person: str
    signature: str = ""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A yes or no to exactly one binding, without its signature.

    Attributes:
        promotion: id of the promotion.
        binding: digest of what was decided on.
        verb: which of the two.
        reason: as in `Said`.
        person: as in `Said`.
        namespace: what the signature is for.
    """

    promotion: str
    binding: Digest
    verb: Verb
    reason: str
    person: str
    namespace: Literal["ona-decision"] = NAMESPACE

    @property
    def text(self) -> bytes:
        """What is signed: canonical JSON, without a newline at its end."""
        return encode(self)


def words(promotion: Promotion, verb: Verb, said: Said) -> Decision:
    """What somebody says about a promotion."""
    return Decision(
        promotion=promotion.id,
        binding=promotion.binding.digest,
        verb=verb,
        reason=said.reason,
        person=said.person,
    )
