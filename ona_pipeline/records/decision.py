"""What a person signs: the words of a decision or a waiver, as bytes that any program can make again."""

from datetime import datetime
from typing import Literal, NamedTuple, Protocol

import msgspec

from ona_pipeline.records.canonical import encode
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.waiver import Waived

NAMESPACE: Literal["ona-decision"] = "ona-decision"
WAIVER_NAMESPACE: Literal["ona-waiver"] = "ona-waiver"
"""What a signature is for; one that was made for anything else does not count."""

Verb = Literal["approve", "reject"]


class Words(Protocol):
    """What may have to be signed."""

    @property
    def subject(self) -> str:
        """For messages: ``a decision on digits-7d.production.1``."""
        ...

    @property
    def person(self) -> str:
        """Who says so, by the policy's ``[tool.ona.people]``; empty where nobody is declared."""
        ...

    @property
    def namespace(self) -> str:
        """What the signature is for."""
        ...

    @property
    def text(self) -> bytes:
        """What is signed: canonical JSON, without a newline at its end."""
        ...


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
    def subject(self) -> str:
        """See `Words.subject`."""
        return f"a decision on {self.promotion}"

    @property
    def text(self) -> bytes:
        """See `Words.text`."""
        return encode(self)


class WaiverWords(msgspec.Struct, frozen=True, kw_only=True):
    """A waiver, without its signature.

    Attributes:
        place: ``model@environment``.
        finding: as in `Waived`.
        about: as in `Waived`.
        reason: as in `Waived`.
        expires_at: as in `Waived`.
        person: as in `Said`.
        namespace: what the signature is for.
    """

    place: str
    finding: str
    about: str
    reason: str
    expires_at: datetime
    person: str
    namespace: Literal["ona-waiver"] = WAIVER_NAMESPACE

    @property
    def subject(self) -> str:
        """See `Words.subject`."""
        return f"a waiver of {self.finding} for {self.place}"

    @property
    def text(self) -> bytes:
        """See `Words.text`."""
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


def waiver_words(waived: Waived, place: str) -> WaiverWords:
    """What somebody takes for granted at ``model@environment``."""
    return WaiverWords(
        place=place,
        finding=waived.finding,
        about=waived.about,
        reason=waived.reason,
        expires_at=waived.expires_at,
        person=waived.person,
    )
