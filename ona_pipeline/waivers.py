"""Waivers: made and revoked by whom the policy allows; each is an event with a name, a reason and an end."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from ona_pipeline.approve.allowed import must_be_one
from ona_pipeline.approve.signed import must_be_signed
from ona_pipeline.errors import RefusedError, UsageError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.policy import EnvironmentPolicy, Policy, duration
from ona_pipeline.policy.waivers import WAIVABLE
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.decision import waiver_words
from ona_pipeline.records.environment import place
from ona_pipeline.records.waiver import Unwaived, Waived, Waiver
from ona_pipeline.signing import Signing


class Waivable(msgspec.Struct, frozen=True, kw_only=True):
    """What is not to keep a model from an environment.

    Attributes:
        model: the model's name.
        environment: the environment's name.
        finding: the finding's code.
        about: the finding's subject; empty for every subject.
    """

    model: str
    environment: str
    finding: str
    about: str = ""


class Waivers:
    """Makes waivers and revokes them.

    Args:
        policy: the policy at the trusted ref.
        ledger: where they are kept.
        clock: the time now, aware UTC.
        actor: in whose name.
        signing: what waivers are signed with.
    """

    def __init__(
        self,
        *,
        policy: Callable[[], Policy],
        ledger: Ledger,
        clock: Callable[[], datetime],
        actor: Actor,
        signing: Signing,
    ) -> None:
        self._policy = policy
        self._ledger = ledger
        self._clock = clock
        self._actor = actor
        self._signing = signing

    def waive(self, wanted: Waivable, *, reason: str, lasts: str) -> Waiver:
        """Take a finding for granted there, for a while.

        Args:
            wanted: what is waived, and where.
            reason: for the approver and the ledger.
            lasts: for how long, such as ``7d``.

        Raises:
            UsageError: no such environment, reason or duration; or no key, where it has to be signed.
            RefusedError: such a finding cannot be waived, or not by this person, or not with this key.
            BackendError: the key did not sign.
        """
        policy = self._allowing(wanted, reason)
        expires_at = self._clock() + _duration(lasts)
        person = policy.people.person_of(self._actor)
        subject = place(wanted.model, wanted.environment)
        unsigned = Waived(wanted.finding, wanted.about, reason, expires_at, policy.digest, person)
        waived = self._signed(unsigned, subject, policy)
        with self._ledger.writing() as writing:
            writing.keep(encode(policy))
            said = writing.append(waived, model=wanted.model, subject=subject, actor=self._actor)
        return Waiver(said.digest, self._actor, said.at, waived)

    def revoke(self, wanted: Waivable, *, reason: str) -> tuple[Waiver, ...]:
        """End the waivers of a finding there, where one is named of that subject alone.

        Raises:
            UsageError: no such environment, no reason, or none is in force.
            RefusedError: this person may not.
        """
        policy = self._allowing(wanted, reason)
        subject = place(wanted.model, wanted.environment)
        with self._ledger.writing() as writing:
            standing = histories.waivers(writing, wanted.model, wanted.environment, self._clock())
            found = tuple(one for one in standing if _is_meant(one, wanted))
            for waiver in found:
                over = Unwaived(waiver.digest, reason, policy.people.person_of(self._actor))
                writing.append(over, model=wanted.model, subject=subject, actor=self._actor)
        if not found:
            others = ", ".join(one.name for one in standing) or "none"
            raise UsageError(
                f"no waiver of {wanted.finding} is in force for {wanted.model} in {wanted.environment}",
                hint=f"in force there: {others}",
            )
        return found

    def _signed(self, unsigned: Waived, where: str, policy: EnvironmentPolicy) -> Waived:
        """With its signature, where there has to be one; made before any transaction."""
        words = waiver_words(unsigned, where)
        signature = self._signing.of(words, policy=policy)
        must_be_signed(words, signature, policy=policy, at=self._clock())
        return msgspec.structs.replace(unsigned, signature=signature)

    def _allowing(self, wanted: Waivable, reason: str) -> EnvironmentPolicy:
        policy = self._policy().environment(wanted.environment)
        if not reason.strip():
            raise UsageError("a waiver needs a reason, and none was given", hint="--reason TEXT")
        _must_be_waivable(wanted, policy)
        must_be_one(self._actor, policy)
        if not policy.waivers.allows(wanted.finding, self._actor, policy.people):
            names = ", ".join(policy.people.members(policy.waivers.by)) or "nobody"
            raise RefusedError(
                f"{self._actor.name} may not waive {wanted.finding}",
                hint=f"by [tool.ona.waivers] of the policy, these may: {names}",
            )
        return policy


def _must_be_waivable(wanted: Waivable, policy: EnvironmentPolicy) -> None:
    if wanted.finding not in WAIVABLE:
        raise RefusedError(
            f"{wanted.finding} can never be waived: what says that a model is not what was declared,"
            " or could not be judged, stands",
            hint=f"these can be, where the policy lets: {', '.join(WAIVABLE)}",
        )
    if wanted.finding not in policy.waivers.findings:
        names = ", ".join(policy.waivers.findings) or "nothing"
        raise RefusedError(
            f"the policy does not let anyone waive {wanted.finding}",
            hint=f"findings of [tool.ona.waivers] at the trusted ref: {names}",
        )


def _is_meant(waiver: Waiver, wanted: Waivable) -> bool:
    return waiver.fact.finding == wanted.finding and wanted.about in {"", waiver.fact.about}


def _duration(text: str) -> timedelta:
    try:
        return duration(text)
    except ValueError as error:
        raise UsageError(str(error), hint="--for 7d") from error
