"""The integrity gate's word by the policy of now: asked for again where that policy was edited since."""

from ona_pipeline.bindings import Ground, evidence_of
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.evidence import IntegrityEvidence
from ona_pipeline.records.release import Release
from ona_pipeline.rejudged import found_before, with_evidence


class Reverification:
    """Finds the verification that a request is bound to, or makes it.

    Args:
        ground: has the integrity gate and the policy.
        ledger: where evidence is kept.
    """

    def __init__(self, ground: Ground, *, ledger: Ledger) -> None:
        self._ground = ground
        self._ledger = ledger

    def judged(self, release: Release) -> Release:
        """The release with its verification by the policy that judges it now; nothing is built for it.

        Raises:
            BackendError: the committed files could not be read anew.
        """
        policy = self._ground.judging(release).verify
        with self._ledger.reading() as reading:
            for known in found_before(reading, release, "verify"):
                if evidence_of(reading, known, "verify", IntegrityEvidence).policy == policy.digest:
                    return known
        found = self._ground.verify(release, policy)
        with self._ledger.writing() as writing:
            return with_evidence(writing, release, "verify", writing.keep(encode(found)))
