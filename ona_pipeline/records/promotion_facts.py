"""What may be written about a promotion."""

from datetime import datetime

import msgspec

from ona_pipeline.records.binding import Binding
from ona_pipeline.records.digest import Digest


class PromotionRequested(msgspec.Struct, frozen=True, tag_field="fact", tag="promotion-requested"):
    """A published release is to go to an environment; what was found is bound."""

    model: str
    binding: Binding
    expires_at: datetime


class Approved(msgspec.Struct, frozen=True, tag_field="fact", tag="approved"):
    """A person, or the policy, said yes to exactly this binding.

    Attributes:
        binding: digest of what was approved.
        reason: the approver's words; may be empty.
        self_approved: whether requester and approver are the same login.
    """

    binding: Digest
    reason: str = ""
    self_approved: bool = False


class Rejected(msgspec.Struct, frozen=True, tag_field="fact", tag="rejected"):
    """A person said no."""

    binding: Digest
    reason: str


class Withdrawn(msgspec.Struct, frozen=True, tag_field="fact", tag="withdrawn"):
    """The request, or an approval not yet acted on, was taken back."""

    reason: str


class Superseded(msgspec.Struct, frozen=True, tag_field="fact", tag="superseded"):
    """A newer candidate for the same environment took the place."""

    by: str


class Expired(msgspec.Struct, frozen=True, tag_field="fact", tag="expired"):
    """Nobody decided in time."""


class Voided(msgspec.Struct, frozen=True, tag_field="fact", tag="voided"):
    """Something that the decision was bound to has changed."""

    changes: tuple[str, ...]


class RolloutStarted(msgspec.Struct, frozen=True, tag_field="fact", tag="rollout-started"):
    """Written before the target is touched, and again by each process that carries on."""


class RolloutErrored(msgspec.Struct, frozen=True, tag_field="fact", tag="rollout-errored"):
    """Something outside failed; it is not known what the target serves. `ona resume` goes on."""

    message: str


class RolledOut(msgspec.Struct, frozen=True, tag_field="fact", tag="rolled-out"):
    """Every instance runs the digest and answers the known question."""

    evidence: Digest


class RolledBack(msgspec.Struct, frozen=True, tag_field="fact", tag="rolled-back"):
    """The target serves something else again: the rollout was not well, or a person wanted it.

    Attributes:
        evidence: of the rollout that was not well, or of the way back.
        to: the promotion that serves again; empty for none.
        reason: a finding's sentence, or the person's words.
    """

    evidence: Digest
    to: str
    reason: str


class Replaced(msgspec.Struct, frozen=True, tag_field="fact", tag="replaced"):
    """Another promotion is live in its place."""

    by: str


class Restored(msgspec.Struct, frozen=True, tag_field="fact", tag="restored"):
    """Live again, after `instead_of` was rolled back."""

    instead_of: str


PromotionFact = (
    PromotionRequested
    | Approved
    | Rejected
    | Withdrawn
    | Superseded
    | Expired
    | Voided
    | RolloutStarted
    | RolloutErrored
    | RolledOut
    | RolledBack
    | Replaced
    | Restored
)
