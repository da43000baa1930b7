"""A release whose gates were asked anew after it was published: with their word in the place of the first."""

from collections.abc import Iterator

import msgspec

from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Reading
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import read_evidence
from ona_pipeline.records.release import Release


def with_evidence(reading: Reading, release: Release, stage: str, digest: Digest) -> Release:
    """The release as it stands with that evidence of a gate in the place of what was found on the road.

    Raises:
        EvidenceError: it is not there, or was changed.
    """
    verdict = read_evidence(reading.evidence(digest)).verdict
    return msgspec.structs.replace(
        release,
        evidence=release.evidence | {stage: digest},
        verdicts=release.verdicts | {stage: verdict},
    )


def found_before(reading: Reading, release: Release, stage: str, environment: str = "") -> Iterator[Release]:
    """As the gate judged it on the road, then for earlier requests; to one environment, where named."""
    yield release
    known = {release.evidence[stage]}
    for promotion in histories.promotions_of(reading, release.id, environment):
        if (digest := promotion.binding.evidence[stage]) not in known:
            known.add(digest)
            yield with_evidence(reading, release, stage, digest)
