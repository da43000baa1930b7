"""What may go to one environment, and by whose word."""

from typing import Literal

import msgspec

from ona_pipeline.policy.canary import CanaryPolicy
from ona_pipeline.policy.duration import duration
from ona_pipeline.policy.freeze import Freeze
from ona_pipeline.policy.people import People
from ona_pipeline.policy.waivers import WaiverPolicy
from ona_pipeline.records.canonical import digest_of
from ona_pipeline.records.digest import Digest

_TO_START_S = (
    4  # the first readiness probe of k8s/base comes up to 2 s after a container starts, and may take 2 s
)


class EnvironmentTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``[tool.ona.environments.NAME]`` says.

    Attributes:
        approval: whether a person decides.
        approvers: people or groups that may decide; empty means anyone, the requester too.
        quorum: how many people have to say yes.
        requester_may_approve: whether the requester counts; None: only while there are no `approvers`.
        require_signature: whether a decision has to be signed with an SSH key of the person.
        expires_after: how long a request waits, such as ``7d``.
        freeze: when nothing is rolled out.
        requires: earlier environment to how long the same release has to have been well there: ``30m``.
        deadline: how long a rollout may take to be well, such as ``5m``.
        canary: a share of instances that serves a new release first; None: all follow each other at once.
        min_ready_s: how long every instance has to stay well before the rollout counts as that, seconds.
    """

    approval: Literal["automatic", "manual"] = "manual"
    approvers: tuple[str, ...] = ()
    quorum: int = 1
    requester_may_approve: bool | None = None
    require_signature: bool = False
    expires_after: str = "7d"
    freeze: tuple[Freeze, ...] = ()
    requires: dict[str, str] = {}
    deadline: str = "5m"
    min_ready_s: int = 1
    canary: CanaryPolicy | None = None

    def __post_init__(self) -> None:
        """Read each duration once, so that a wrong one is refused when the policy is read."""
        for text in (self.expires_after, self.deadline, *self.requires.values()):
            duration(text)
        if self.min_ready_s < 1:
            raise ValueError(f"wanted min_ready_s of 1 or more, found {self.min_ready_s}")
        shortest = self.min_ready_s + _TO_START_S
        if duration(self.deadline).total_seconds() < shortest:
            wanted = f"{shortest}s: min_ready_s and {_TO_START_S} s to start and answer the first probe"
            raise ValueError(f"wanted a deadline of at least {wanted}, found {self.deadline}")


class EnvironmentPolicy(EnvironmentTable, frozen=True, kw_only=True):
    """The same, with all that it refers to, so that one record tells an auditor who might have decided.

    Attributes:
        people: everyone whom the policy declares.
        waivers: who may waive what.
        signers: content of the allowed_signers file; empty where the policy names none.
    """

    people: People = People()
    waivers: WaiverPolicy = WaiverPolicy()
    signers: str = ""

    @property
    def digest(self) -> Digest:
        """What approvals name this policy by."""
        return digest_of(self)

    @property
    def allowed(self) -> tuple[str, ...]:
        """The people who may decide; empty means anyone."""
        return self.people.members(self.approvers)

    @property
    def voters(self) -> tuple[str, ...] | None:
        """Everyone whose yes can count; None where that may be anyone, declared or not."""
        if self.approvers:
            return self.allowed
        return tuple(self.people.persons) if self.require_signature else None

    @property
    def lets_requester_approve(self) -> bool:
        """Whether a person may decide on an own request."""
        return not self.approvers if self.requester_may_approve is None else self.requester_may_approve
