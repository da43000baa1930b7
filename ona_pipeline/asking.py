"""Asks for promotions, and looks whether what they are bound to is still so: if not, void and asked anew."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from ona_pipeline.approve import decide
from ona_pipeline.approve.allowed import must_be_grantable
from ona_pipeline.approve.request import PromotionInput, request_promotion, request_refused
from ona_pipeline.approve.waived import must_be_covered
from ona_pipeline.bindings import Bindings, GoneError, Ground
from ona_pipeline.errors import BackendError, RefusedError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger, Reading
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.binding import Binding
from ona_pipeline.records.evidence import read_evidence
from ona_pipeline.records.finding import Severity, Verdict
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.release import REJUDGED, Release, ReleasePhase
from ona_pipeline.rejudged import with_evidence
from ona_pipeline.revalidation import Revalidation
from ona_pipeline.reverification import Reverification


class Asking:
    """Opens and voids requests.

    Args:
        ground: policy, targets, registry and the quality gate.
        ledger: where facts are kept.
        clock: the time now, aware UTC.
        actor: in whose name.
    """

    def __init__(
        self, *, ground: Ground, ledger: Ledger, clock: Callable[[], datetime], actor: Actor
    ) -> None:
        self._ground = ground
        self._bindings = Bindings(ground, ledger=ledger, clock=clock)
        self._reverification = Reverification(ground, ledger=ledger)
        self._revalidation = Revalidation(ground, ledger=ledger, clock=clock)
        self._ledger = ledger
        self._clock = clock
        self._actor = actor

    def ask(
        self, release: Release, environment: str, *, requester: Actor | None = None, reopened: bool = False
    ) -> Promotion:
        """The request for `release` to go to `environment`: one that is open, or live, or a new one.

        One that is live by the ledger alone, for somebody took it away, is asked for anew.

        Args:
            release: published.
            environment: its name.
            requester: in whose name, where that is somebody else.
            reopened: whether an earlier request was void; then a person decides, whatever the policy says.

        Raises:
            UsageError: no such environment.
            RefusedError: the release is not published, or not there any more as it was; the environment is on
                hold for automation; what was waived of the release is not waived there; validation against
                what serves there now refuses it; or too few could say yes beside whoever asks.
        """
        _must_be_published(release)
        policy = self._ground.judging(release)
        rules = policy.environment(environment)
        self._bindings.must_be_whole(release)
        judged = self._revalidation.judged(self._reverification.judged(release), environment)
        asked = PromotionInput(
            release=judged,
            binding=self._bindings.now(judged, environment, policy, believing=""),
            policy=rules,
            actor=self._actor,
            requester=None if requester == self._actor else requester,
            reopened=reopened,
            is_gone=self._is_gone(release, environment),
        )
        if not asked.goes_unasked:
            must_be_grantable(release.id, environment, asked.by, rules)
        with self._ledger.reading() as reading:
            refusals = _refusals(reading, judged)
            must_be_covered(reading, judged, environment, rules, self._clock())
        if refusals:
            void = request_refused(asked, refusals, ledger=self._ledger, clock=self._clock)
            raise _refused(void, refusals)
        return request_promotion(asked, ledger=self._ledger, clock=self._clock)

    def current(self, promotion: Promotion, *, believing: str | None = None) -> Binding:
        """What a decision on it would cover now; where a part is gone, it is void, and nothing is asked.

        Args:
            promotion: what was asked for.
            believing: see `Bindings.now`.

        Raises:
            GoneError: there is nothing whole to decide on.
        """
        found = self._release(promotion)
        policy = self._ground.judging(found)
        bound = {stage: promotion.binding.evidence[stage] for stage in REJUDGED}
        judged = msgspec.structs.replace(found, evidence=found.evidence | bound)
        try:
            self._bindings.must_be_whole(judged)
            with self._ledger.reading() as reading:
                for stage, digest in bound.items():
                    judged = with_evidence(reading, judged, stage, digest)
            return self._bindings.now(judged, promotion.environment, policy, believing=believing)
        except GoneError as gone:
            decide.void(promotion.id, changes=gone.parts, actor=self._actor, ledger=self._ledger)
            raise

    def must_be_as_approved(self, promotion: Promotion) -> None:
        """The last look before a target is changed.

        Raises:
            RefusedError: something has changed; the approval is void, and a new request open.
            BackendError: registry or target do not answer; the approval is kept.
        """
        try:
            current = self.current(promotion)
        except BackendError as error:
            error.hint = f"{error.hint}; then: ona resume {promotion.release}".removeprefix("; ")
            raise
        if changes := promotion.binding.changes(current):
            void = decide.void(promotion.id, changes=changes, actor=self._actor, ledger=self._ledger)
            raise self.reopened(void)

    def reopened(self, void: Promotion) -> RefusedError:
        """Ask anew for what is void, and say so."""
        said = f"{void.id} is void, for what it was bound to has changed: {void.reason}"
        try:
            newer = self.ask(self._release(void), void.environment, requester=void.by, reopened=True)
        except RefusedError as error:
            error.message = f"{said}; no new request is open: {error.message}"
            raise
        return RefusedError(
            said,
            hint=f"a new request is open: ona approve {newer.release} --to {newer.environment}",
        )

    def _is_gone(self, release: Release, environment: str) -> bool:
        """Whether somebody took away what is live; a target that cannot be asked tells nothing."""
        with self._ledger.reading() as reading:
            champion = histories.champion(reading, release.model, environment)
        if champion is None or champion.release != release.id:
            return False
        try:
            return self._ground.target(release.model, environment).serving() is None
        except BackendError:
            return False

    def _release(self, promotion: Promotion) -> Release:
        with self._ledger.reading() as reading:
            return histories.release(reading, promotion.release)


def _must_be_published(release: Release) -> None:
    if release.phase is not ReleasePhase.PUBLISHED:
        raise RefusedError(
            f"{release.id} is {release.phase}, and only a published release can be promoted",
            hint=f"ona show {release.id}",
        )


def _refusals(reading: Reading, judged: Release) -> tuple[str, ...]:
    """What gates that were asked anew refuse by now, a sentence for each finding."""
    return tuple(
        f"{stage}: {one.code}: {one.subject}: {one.sentence}"
        for stage in REJUDGED
        if judged.verdicts[stage] is Verdict.REFUSED
        for one in read_evidence(reading.evidence(judged.evidence[stage])).findings
        if one.severity is Severity.REFUSAL
    )


def _refused(void: Promotion, refusals: tuple[str, ...]) -> RefusedError:
    lines = "".join(f"\n  {refusal}" for refusal in refusals)
    return RefusedError(
        f"{void.release} was judged anew for {void.environment}, and is refused there by now:{lines}",
        hint=f"look deeper: ona show {void.release}",
    )
