"""Who may decide on a promotion: people are compared, by every claim that was made, and not their names."""

from ona_pipeline.errors import RefusedError
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.endorsements import Endorsement
from ona_pipeline.records.promotion import Promotion


def must_be_one(actor: Actor, policy: EnvironmentPolicy) -> None:
    """Refuse whoever claims to be two people at once.

    Raises:
        RefusedError: the login, the login behind it and the account below a CI system's word belong to two.
    """
    claims = sorted(policy.people.claims_of(actor).intersection(policy.people.persons))
    if len(claims) > 1:
        raise RefusedError(
            f"{actor.name} claims to be {' and '.join(claims)}, and a decision is one person's",
            hint="decide from a login of your own, without sudo and with no GITHUB_ACTOR set",
        )


def must_be_grantable(release: str, environment: str, by: Actor, policy: EnvironmentPolicy) -> None:
    """Refuse to ask for what nobody could let through, where the person who asks does not count.

    Raises:
        RefusedError: too few may say yes beside that person.
    """
    if policy.voters is None or policy.lets_requester_approve:
        return
    own = policy.people.claims_of(by)
    others = [name for name in policy.voters if name not in own]
    if len(others) < policy.quorum:
        raise RefusedError(
            f"nobody could let {release} into {environment}: wanted the yes of {policy.quorum} beside"
            f" {policy.people.who(by)}, who asks, found {', '.join(others) or 'nobody'} to say it",
            hint=f"somebody else asks: ona promote {release} --to {environment};"
            " or the policy names more approvers, or a lower quorum",
        )


def must_be_allowed(promotion: Promotion, actor: Actor, policy: EnvironmentPolicy, verb: str) -> bool:
    """Refuse whoever the policy does not let decide.

    Returns:
        Whether the actor decides on an own request.

    Raises:
        RefusedError: the actor is not among the approvers, or asked for it and does not count.
    """
    must_be_one(actor, policy)
    if policy.approvers and not policy.people.is_among(actor, policy.allowed):
        raise RefusedError(
            f"{actor.name} may not {verb} for {promotion.environment}", hint=_others(promotion, policy)
        )
    own = policy.people.are_one(actor, promotion.by)
    if own and not policy.lets_requester_approve:
        raise RefusedError(
            f"{_as_requester(promotion, actor, policy)}, and may not {verb} it",
            hint=_others(promotion, policy),
        )
    return own


def earlier_yes(promotion: Promotion, actor: Actor, policy: EnvironmentPolicy) -> Endorsement | None:
    """What the actor, as a person, has said already; None where that is nothing."""
    said = (one for one in promotion.endorsements if policy.people.are_one(actor, one.by))
    return next(said, None)


def must_not_have_said(promotion: Promotion, actor: Actor, policy: EnvironmentPolicy) -> None:
    """Refuse a second yes of the same person.

    Raises:
        RefusedError: the person said yes already, by whatever login.
    """
    if said := earlier_yes(promotion, actor, policy):
        raise RefusedError(
            f"{said.who} said yes to {promotion.id} at {said.at:%Y-%m-%d %H:%M:%S} UTC already,"
            f" and it takes {policy.quorum} people",
            hint=_others(promotion, policy),
        )


def _as_requester(promotion: Promotion, actor: Actor, policy: EnvironmentPolicy) -> str:
    """Who asked, and where that was by another login, that both are one person."""
    if actor.login == promotion.by.login:
        return f"{actor.login} asked for {promotion.id}"
    who = policy.people.who(actor)
    return f"{actor.name} is {who}, who asked for {promotion.id} as {promotion.by.name}"


def _others(promotion: Promotion, policy: EnvironmentPolicy) -> str:
    """Who may still say yes."""
    if not policy.approvers:
        return "anyone else may"
    out = {said.who for said in promotion.endorsements}
    if not policy.lets_requester_approve:
        out |= policy.people.claims_of(promotion.by)
    others = ", ".join(name for name in policy.allowed if name not in out)
    return f"these may: {others}" if others else "the policy names no other approver"
