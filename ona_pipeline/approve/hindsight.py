"""Whether a decision was right by the policy that it names: asked before a rollout, and by auditors."""

from collections.abc import Iterator
from datetime import datetime
from itertools import combinations
from typing import NamedTuple

from ona_pipeline.approve.allowed import must_be_allowed
from ona_pipeline.approve.signed import must_be_signed
from ona_pipeline.errors import RefusedError
from ona_pipeline.ledger.interface import Reading
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.records.actor import POLICY, Actor
from ona_pipeline.records.canonical import decode
from ona_pipeline.records.decision import Said, Verb, words
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.promotion_facts import Approved


class _Word(NamedTuple):
    """One person's yes or no."""

    verb: Verb
    by: Actor
    at: datetime
    said: Said


def must_hold(reading: Reading, promotion: Promotion, now: EnvironmentPolicy) -> None:
    """Refuse to carry a decision out that does not count: somebody wrote it to the ledger past ona.

    Args:
        reading: holds the policy that the decision names.
        promotion: decided.
        now: the policy as it is; a rollout that was begun ends by the one that it began with.

    Raises:
        RefusedError: see `must_be_right` and `must_be_genuine`.
        BackendError: the policy is not in the ledger, or ssh-keygen is not there.
    """
    bound = promotion.binding.policy
    policy = now if now.digest == bound else decode(reading.evidence(bound), EnvironmentPolicy)
    must_be_right(promotion, policy)
    must_be_genuine(promotion, policy)


def must_be_right(promotion: Promotion, policy: EnvironmentPolicy) -> None:
    """Refuse a decision that was not for those to make who made it, or not for so few.

    Args:
        promotion: decided.
        policy: that its binding names.

    Raises:
        RefusedError: the message says whose word does not count, or how many were wanted.
    """
    if _is_automatic(promotion):
        _must_go_unasked(promotion, policy)
        return
    everyone = list(_said(promotion))
    for word in everyone:
        if word.verb == "approve" or not policy.people.are_one(word.by, promotion.by):
            must_be_allowed(promotion, word.by, policy, word.verb)
    if isinstance(promotion.decision, Approved):
        _must_be_enough(promotion, [word.by for word in everyone], policy)


def must_be_genuine(promotion: Promotion, policy: EnvironmentPolicy) -> None:
    """Refuse a decision that is not signed as the policy wants, by each person whose it is.

    Args:
        promotion: decided.
        policy: that its binding names.

    Raises:
        SignatureError: see `must_be_signed`.
        BackendError: ssh-keygen is not there.
    """
    for word in () if _is_automatic(promotion) else _said(promotion):
        decision = words(promotion, word.verb, word.said)
        must_be_signed(decision, word.said.signature, policy=policy, at=word.at)


def _said(promotion: Promotion) -> Iterator[_Word]:
    """What everyone said that the decision consists of, the deciding word last."""
    if not (promotion.decision and promotion.decided_by and promotion.decided_at):
        return
    is_yes, last = isinstance(promotion.decision, Approved), promotion.decision
    for one in promotion.endorsements if is_yes else ():
        yield _Word("approve", one.by, one.at, Said(one.reason, one.person, one.signature))
    said = Said(last.reason, last.person, last.signature)
    yield _Word("approve" if is_yes else "reject", promotion.decided_by, promotion.decided_at, said)


def _is_automatic(promotion: Promotion) -> bool:
    return promotion.decided_by == POLICY


def _must_go_unasked(promotion: Promotion, policy: EnvironmentPolicy) -> None:
    if policy.approval != "automatic":
        raise RefusedError(
            f"{promotion.id} was approved by the policy of {promotion.environment}, which wants a person",
            hint="somebody wrote to the ledger past ona",
        )


def _must_be_enough(promotion: Promotion, everyone: list[Actor], policy: EnvironmentPolicy) -> None:
    same = any(policy.people.are_one(one, other) for one, other in combinations(everyone, 2))
    if same or len(everyone) < policy.quorum:
        names = ", ".join(one.name for one in everyone)
        raise RefusedError(
            f"{promotion.id} wanted the yes of {policy.quorum} people, found {names}",
            hint="somebody wrote to the ledger past ona",
        )
