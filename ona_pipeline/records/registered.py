"""What the model registry is told of a version, out of the ledger: the same however often it is said."""

from collections.abc import Iterable

from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.release import Release

RELEASE, PHASE, IMAGE = "ona.release", "ona.phase", "ona.image"


def version_of(release: Release) -> tuple[str, str] | None:
    """Name and number of the registered version that a release is of; None where it is of none."""
    origins = release.requested.origins
    if origins.origin != "mlflow":
        return None
    name, _, number = origins.revision.removeprefix("models:/").rpartition("/")
    return name, number


def tags(releases: Iterable[Release], promotions: Iterable[Promotion]) -> dict[str, str]:
    """The tags of one version.

    Args:
        releases: of this version, at least one; the last is the one that is named.
        promotions: of these releases, to all environments.
    """
    newest = max(releases, key=lambda release: release.at)
    found = {RELEASE: newest.id, PHASE: newest.phase.value}
    for promotion in sorted(promotions, key=_last_word):
        found[f"ona.{promotion.environment}"] = promotion.phase.value
        found[IMAGE] = promotion.binding.image
    return found


def _last_word(promotion: Promotion) -> tuple[bool, str]:
    """What is live says more than what came to nothing later."""
    return promotion.phase is PromotionPhase.LIVE, promotion.changed_at.isoformat()
