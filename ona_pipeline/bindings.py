"""What a decision would be bound to now: looked up where it is, and not remembered."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger, Reading
from ona_pipeline.policy import EnvironmentPolicy, Policy
from ona_pipeline.records.binding import Binding
from ona_pipeline.records.canonical import decode
from ona_pipeline.records.evidence import Evidence, PreparedModel, PublishEvidence
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.release import Release
from ona_pipeline.rollout.interface import Change, Target

E = TypeVar("E", bound=Evidence)


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What promotions stand on, joined by `wiring.py`.

    Attributes:
        policy: the policy at the trusted ref.
        target: what a model's environment runs on.
        resolve: what a published tag points to now, asked of the image registry.
    """

    policy: Callable[[], Policy]
    target: Callable[[str, str], Target]
    resolve: Callable[[PublishEvidence], PinnedReference]


class Bindings:
    """Makes bindings.

    Args:
        ground: asked for what the registry, the target and the policy say now.
        ledger: asked for the evidence and the champion.
    """

    def __init__(self, ground: Ground, *, ledger: Ledger) -> None:
        self._ground = ground
        self._ledger = ledger

    def now(self, release: Release, environment: str, policy: EnvironmentPolicy) -> Binding:
        """Everything that a decision about `release` in `environment` would cover at this moment.

        Raises:
            UsageError: the environment has no target.
            BackendError: the image registry does not answer, or has the image no more.
        """
        with self._ledger.reading() as reading:
            published = evidence_of(reading, release, "publish", PublishEvidence)
            prepared = evidence_of(reading, release, "prepare", PreparedModel)
            champion = histories.champion(reading, release.model, environment)
        target = self._ground.target(release.model, environment)
        return Binding(
            release=release.id,
            environment=environment,
            target=target.name,
            image=self._ground.resolve(published),
            model=published.subject,
            form=prepared.form_digest,
            objects=target.objects(change_to(release, environment, published)),
            policy=policy.digest,
            evidence=release.evidence,
            champion=champion.id if champion else "",
        )


def change_to(release: Release, environment: str, published: PublishEvidence) -> Change:
    """What a target is asked to serve for a published release."""
    return Change(
        model=release.model,
        environment=environment,
        release=release.id,
        image=published.image,
        question=published.question,
    )


def evidence_of(reading: Reading, release: Release, stage: str, kind: type[E]) -> E:
    """The evidence of one stage of a release."""
    return decode(reading.evidence(release.evidence[stage]), kind)
