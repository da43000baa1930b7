"""What a decision would be bound to now: looked up where it is, and not remembered."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import msgspec

from ona_pipeline.approve.waived import covering
from ona_pipeline.errors import BackendError, RefusedError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import EvidenceError, Ledger, Reading
from ona_pipeline.policy import Policy, VerifyPolicy
from ona_pipeline.publish.stored import Stored
from ona_pipeline.records.binding import Binding
from ona_pipeline.records.canonical import decode
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import (
    BuildEvidence,
    Evidence,
    IntegrityEvidence,
    PreparedModel,
    PublishEvidence,
    ValidationEvidence,
)
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.release import Release
from ona_pipeline.rollout.interface import Change, Target

E = TypeVar("E", bound=Evidence)


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What promotions stand on, joined by `wiring.py`.

    Attributes:
        policy: the policy at the trusted ref.
        judging: the policy that decides about a release: without what its own commit changed in it.
        target: what a model's environment runs on.
        stored: what the image registry has of a published image.
        verify: the integrity gate for a published release, by a policy.
        validate: the quality gate for a published release, against a champion.
    """

    policy: Callable[[], Policy]
    judging: Callable[[Release], Policy]
    target: Callable[[str, str], Target]
    stored: Callable[[PublishEvidence, BuildEvidence], Stored]
    verify: Callable[[Release, VerifyPolicy], IntegrityEvidence]
    validate: Callable[[Release, PreparedModel, Promotion], ValidationEvidence]


class GoneError(RefusedError):
    """Something that was published is not there any more as it was, so there is nothing to decide on.

    Attributes:
        parts: a sentence for each, with wanted and found.
    """

    def __init__(self, release: Release, parts: tuple[str, ...]) -> None:
        lines = "".join(f"\n  {part}" for part in parts)
        commit = release.requested.origins.commit
        super().__init__(
            f"{release.id} is not there any more as it was published:{lines}",
            hint=f"once that is put back, ona promote {release.id} asks again, without a rebuild;"
            f" else: ona release {release.model} --rev {commit}",
        )
        self.parts = parts


class Bindings:
    """Makes bindings.

    Args:
        ground: asked for what the registry, the target and the policy say now.
        ledger: asked for the evidence, the champion and the waivers.
        clock: the time now, aware UTC.
    """

    def __init__(self, ground: Ground, *, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._ground = ground
        self._ledger = ledger
        self._clock = clock

    def must_be_whole(self, release: Release) -> None:
        """Every piece of evidence is what the gates wrote.

        Raises:
            GoneError: a piece is missing, or was edited past ona.
        """
        with self._ledger.reading() as reading:
            _must_be_whole(reading, release)

    def now(
        self, release: Release, environment: str, policy: Policy, *, believing: str | None = None
    ) -> Binding:
        """Everything that a decision about `release` in `environment` would cover at this moment.

        Args:
            release: published.
            environment: its name.
            policy: that judges the release.
            believing: what to take for `serving` where the target cannot be asked; None: an error.

        Raises:
            GoneError: the image is not in the registry any more, or evidence was edited past ona.
            UsageError: the environment has no target.
            BackendError: the image registry, or the target, does not answer.
        """
        with self._ledger.reading() as reading:
            _must_be_whole(reading, release)
            published = evidence_of(reading, release, "publish", PublishEvidence)
            built = evidence_of(reading, release, "build", BuildEvidence)
            prepared = evidence_of(reading, release, "prepare", PreparedModel)
            champion = histories.champion(reading, release.model, environment)
            rules = policy.environment(environment)
            waivers = covering(reading, release, environment, rules, self._clock())
        stored = self._ground.stored(published, built)
        if stored.missing:
            raise GoneError(release, stored.missing)
        target = self._ground.target(release.model, environment)
        return Binding(
            release=release.id,
            environment=environment,
            target=target.name,
            image=published.image,
            model=published.subject,
            form=prepared.form_digest,
            objects=target.objects(change_to(release, environment, published)),
            policy=rules.digest,
            verify_policy=policy.verify.digest,
            evidence=release.evidence,
            champion=champion.id if champion else "",
            waivers=waivers,
            tag="" if stored.tag == published.image.digest else stored.tag or "nothing",
            serving=self._drift(release.model, environment, target, believing),
        )

    def _drift(self, model: str, environment: str, target: Target, believing: str | None) -> str:
        """What another hand than ours set the target to serve; empty where it serves what we set, or nothing.

        A target with nothing on it is no drift: nobody's choice is lost when something is rolled out there.
        What is ours is asked before the look and after it, for a rollout may begin or end meanwhile.
        """
        before = self._ours(model, environment)
        try:
            found = target.serving()
        except BackendError:
            if believing is None:
                raise
            return believing
        if found is None or found.image in before | self._ours(model, environment):
            return ""
        return found.image

    def _ours(self, model: str, environment: str) -> frozenset[PinnedReference]:
        with self._ledger.reading() as reading:
            champion = histories.champion(reading, model, environment)
            under_way = histories.being_set(reading, model, environment)
        return under_way | ({champion.binding.image} if champion else set())


def _must_be_whole(reading: Reading, release: Release) -> None:
    if parts := tuple(_damage(reading, release.evidence)):
        raise GoneError(release, parts)


def _damage(reading: Reading, evidence: dict[str, Digest]) -> list[str]:
    found = []
    for stage, digest in evidence.items():
        try:
            reading.evidence(digest)
        except EvidenceError as error:
            found.append(f"evidence of {stage}: wanted {digest}, found {error.found or 'nothing'}")
    return found


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
