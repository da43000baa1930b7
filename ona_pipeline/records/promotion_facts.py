"""What may be written about a promotion."""

from datetime import datetime

import msgspec

from ona_pipeline.records.actor import Actor
from ona_pipeline.records.binding import Binding
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Verdict


class PromotionRequested(
    msgspec.Struct, frozen=True, tag_field="fact", tag="promotion-requested", omit_defaults=True
):
    """A published release is to go to an environment; what was found is bound.

    Attributes:
        model: the model's name.
        binding: what a decision will cover.
        expires_at: until when it can be decided and acted on, UTC.
        requester: whose wish it is, where a process of somebody else wrote it down; None: the event's actor.
        quorum: how many people have to say yes.
    """

    model: str
    binding: Binding
    expires_at: datetime
    requester: Actor | None = None
    quorum: int = 1


class Endorsed(msgspec.Struct, frozen=True, tag_field="fact", tag="endorsed", omit_defaults=True):
    """A person said yes to exactly this binding, and the policy wants more of them.

    Attributes:
        binding: digest of what was said yes to.
        reason: the person's words; may be empty.
        person: who that is by the policy's ``[tool.ona.people]``; empty where nobody is declared.
        signature: the decision signed with the person's SSH key, armored; empty where it is not signed.
    """

    binding: Digest
    reason: str = ""
    person: str = ""
    signature: str = ""


class Unendorsed(msgspec.Struct, frozen=True, tag_field="fact", tag="unendorsed", omit_defaults=True):
    """A person took an own yes back, before it was decided.

    Attributes:
        reason: the person's words.
        person: as in `Endorsed`.
    """

    reason: str
    person: str = ""


class Approved(msgspec.Struct, frozen=True, tag_field="fact", tag="approved", omit_defaults=True):
    """A person, or the policy, said the deciding yes to exactly this binding.

    Attributes:
        binding: digest of what was approved.
        reason: the approver's words; may be empty.
        self_approved: whether requester and approver are the same person.
        person: as in `Endorsed`.
        signature: as in `Endorsed`.
    """

    binding: Digest
    reason: str = msgspec.field(default_factory=str)
    self_approved: bool = msgspec.field(default_factory=bool)
    person: str = ""
    signature: str = ""


class Rejected(msgspec.Struct, frozen=True, tag_field="fact", tag="rejected", omit_defaults=True):
    """A person said no.

    Attributes:
        binding: digest of what was rejected.
        reason: the person's words.
        person: as in `Endorsed`.
        signature: as in `Endorsed`.
    """

    binding: Digest
    reason: str
    person: str = ""
    signature: str = ""


class Withdrawn(msgspec.Struct, frozen=True, tag_field="fact", tag="withdrawn", omit_defaults=True):
    """The request, or an approval not yet acted on, was taken back.

    Attributes:
        reason: the person's words.
        person: as in `Endorsed`.
    """

    reason: str
    person: str = ""


class Superseded(msgspec.Struct, frozen=True, tag_field="fact", tag="superseded"):
    """A newer candidate for the same environment took the place."""

    by: str


class Deferred(msgspec.Struct, frozen=True, tag_field="fact", tag="deferred"):
    """Another promotion to the same environment goes first, and this one is asked about after it.

    Attributes:
        behind: the promotion that goes first.
        whose: who asked for that, or said yes to it, for people.
    """

    behind: str
    whose: str


class Expired(msgspec.Struct, frozen=True, tag_field="fact", tag="expired"):
    """Nobody decided in time."""


class Voided(msgspec.Struct, frozen=True, tag_field="fact", tag="voided"):
    """Something that the decision was bound to has changed."""

    changes: tuple[str, ...]


class RolloutStarted(
    msgspec.Struct, frozen=True, tag_field="fact", tag="rollout-started", omit_defaults=True
):
    """Written before the target is touched, and again by each process that carries on.

    Attributes:
        waivers: digests of the waivers without which the environment's rules would have kept it waiting.
        place: what the target is, by whatever name it was reached; empty in what ona wrote before it told.
    """

    waivers: tuple[Digest, ...] = ()
    place: str = ""


class RolloutErrored(msgspec.Struct, frozen=True, tag_field="fact", tag="rollout-errored"):
    """Something outside failed; it is not known what the target serves. `ona resume` goes on."""

    message: str


class CanaryJudged(msgspec.Struct, frozen=True, tag_field="fact", tag="canary-judged", omit_defaults=True):
    """A share of instances served it for a while beside the others, and was not taken back.

    Attributes:
        evidence: how it did.
        verdict: passed; or inconclusive, where there was not enough traffic to tell.
        waivers: digests of the waivers by which an inconclusive one lets the rollout go on.
    """

    evidence: Digest
    verdict: Verdict
    waivers: tuple[Digest, ...] = ()

    @property
    def lets_go_on(self) -> bool:
        """Whether the others may follow."""
        return self.verdict is Verdict.PASSED or bool(self.waivers)


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


class Restored(msgspec.Struct, frozen=True, tag_field="fact", tag="restored", omit_defaults=True):
    """Live again, after `instead_of` was rolled back.

    Attributes:
        instead_of: the promotion that was left.
        requester: whose wish it is, where a process of somebody else carried it out; None: the event's actor.
    """

    instead_of: str
    requester: Actor | None = None


PromotionFact = (
    PromotionRequested
    | Endorsed
    | Unendorsed
    | Approved
    | Rejected
    | Withdrawn
    | Superseded
    | Deferred
    | Expired
    | Voided
    | RolloutStarted
    | RolloutErrored
    | CanaryJudged
    | RolledOut
    | RolledBack
    | Replaced
    | Restored
)
