"""A release's whole journey: the road, then environment after environment, as far as asked and allowed."""

from collections.abc import Iterator

import msgspec

from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.pipeline import Pipeline, ReleaseRequest
from ona_pipeline.promotions import Promotions
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.release import Release, ReleasePhase

_PASSED = {PromotionPhase.LIVE, PromotionPhase.REPLACED}


class Outcome(msgspec.Struct, frozen=True):
    """How far a release came: its state, and the promotions that were touched, in the order of the way."""

    release: Release
    promotions: tuple[Promotion, ...] = ()


class Journey:
    """Takes a release from the commit to the last environment that it may reach unasked.

    Args:
        pipeline: the road up to *published*.
        promotions: from there on.
        ledger: what has happened already.
    """

    def __init__(self, *, pipeline: Pipeline, promotions: Promotions, ledger: Ledger) -> None:
        self._pipeline = pipeline
        self._promotions = promotions
        self._ledger = ledger

    def begin(self, request: ReleaseRequest, *, trusted: str = "") -> Outcome:
        """A new release, as far as it goes without a person's word."""
        with self._pipeline.release(request, trusted=trusted) as release:
            return Outcome(release, tuple(self.onward(release)))

    def resume(self, release: Release) -> Outcome:
        """Go on with a release that a killed process, a failure outside, or a wait has left.

        Raises:
            BusyError: a living process is at work on it, or where it would go.
        """
        with self._pipeline.resume(release) as resumed:
            back = tuple(self._finished_rollbacks(resumed))
            return Outcome(resumed, back or tuple(self.onward(resumed)))

    def _finished_rollbacks(self, release: Release) -> Iterator[Promotion]:
        """What serves again where a rollback from this release had not come to its end."""
        with self._ledger.reading() as reading:
            mine = histories.promotions_of(reading, release.id)
        for environment in dict.fromkeys(promotion.environment for promotion in mine):
            if restored := self._promotions.finish_rollback(release.model, environment):
                yield restored

    def onward(self, release: Release) -> list[Promotion]:
        """Environment after environment, up to the one that was asked for; stops at the first that waits."""
        promotions: list[Promotion] = []
        if release.phase is not ReleasePhase.PUBLISHED or not release.requested.upto:
            return promotions
        for environment in self._promotions.environments(release):
            promotions.append(self._to(release, environment))
            if promotions[-1].phase not in _PASSED:
                break
        return promotions

    def _to(self, release: Release, environment: str) -> Promotion:
        with self._ledger.reading() as reading:
            mine = histories.promotions_of(reading, release.id, environment)
        if mine and mine[-1].phase is not PromotionPhase.VOID:
            return self._promotions.resume(mine[-1])
        return self._promotions.promote(release, environment, requester=release.by, reopened=bool(mine))
