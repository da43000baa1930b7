"""The comparison with what a promotion would replace: made again where another champion serves by now."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from ona_pipeline.approve.waived import in_force
from ona_pipeline.bindings import Ground, evidence_of
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.evidence import PreparedModel, ValidationEvidence
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.release import Release
from ona_pipeline.records.waiver import waive
from ona_pipeline.rejudged import found_before, with_evidence


class Revalidation:
    """Finds the validation that a request is bound to, or makes it.

    Args:
        ground: has the quality gate and the policy.
        ledger: where evidence is kept.
        clock: the time now, aware UTC.
    """

    def __init__(self, ground: Ground, *, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._ground = ground
        self._ledger = ledger
        self._clock = clock

    def judged(self, release: Release, environment: str) -> Release:
        """The release with its validation against what serves in `environment` now; nothing is built for it.

        A release is compared with the champion of the environment that it is meant for in the end; in those
        on the way there, the same validation holds.

        Raises:
            BackendError: the model could not be asked anew.
        """
        meant_for = release.requested.upto or next(reversed(self._ground.judging(release).environments))
        with self._ledger.reading() as reading:
            champion = histories.champion(reading, release.model, environment)
            if champion is None or environment != meant_for:
                return release
            for known in found_before(reading, release, "validate", environment):
                validation = evidence_of(reading, known, "validate", ValidationEvidence)
                if champion.release == release.id or _is_against(validation, champion):
                    return known
        return self._anew(release, environment, champion)

    def _anew(self, release: Release, environment: str, champion: Promotion) -> Release:
        with self._ledger.reading() as reading:
            prepared = evidence_of(reading, release, "prepare", PreparedModel)
        found = self._ground.validate(release, prepared, champion)
        policy = self._ground.judging(release).environment(environment)
        with self._ledger.writing() as writing:
            waivers = in_force(writing, release.model, environment, policy, self._clock())
            validation = msgspec.structs.replace(found, findings=waive(found.findings, waivers).findings)
            return with_evidence(writing, release, "validate", writing.keep(encode(validation)))


def _is_against(validation: ValidationEvidence, champion: Promotion) -> bool:
    """Whether it was judged against this champion; one that gave no answer is in no comparison."""
    if validation.comparison:
        return validation.comparison.champion == champion.release
    return champion.live_at is not None and champion.live_at <= validation.started_at
