"""What the model registry is told of a version, out of the ledger: the same however often it is said."""

from collections.abc import Iterable, Mapping

import msgspec

from ona_pipeline.records.evidence import Evidence, PreparedModel, ValidationEvidence
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.release import Release

RELEASE, PHASE, IMAGE = "ona.release", "ona.phase", "ona.image"


class Account(msgspec.Struct, frozen=True):
    """What the run of one release holds.

    Attributes:
        metrics: name to number.
        parameters: name to text: what it was made of, and judged by.
        files: name to content: evidence, and plots of it.
    """

    metrics: Mapping[str, float]
    parameters: Mapping[str, str]
    files: Mapping[str, bytes]


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


def parameters(found: Mapping[str, Evidence]) -> dict[str, str]:
    """What the run of a release says it was made of.

    Args:
        found: stage to evidence, as far as the release went.
    """
    said: dict[str, str] = {}
    match found.get("prepare"):
        case PreparedModel() as prepared:
            packages = {f"package.{name}": version for name, version in prepared.packages.items()}
            said |= {
                "model_digest": prepared.subject,
                "estimator": prepared.estimator,
                "form": prepared.form,
                **packages,
            }
    match found.get("validate"):
        case ValidationEvidence() as judged:
            suites = {f"suite.{one.table}.{one.name}": one.digest for one in judged.suites}
            said |= {"data_digest": judged.data, "rows": str(judged.rows), **suites}
    return {name: value for name, value in said.items() if value}


def _last_word(promotion: Promotion) -> tuple[bool, str]:
    """What is live says more than what came to nothing later."""
    return promotion.phase is PromotionPhase.LIVE, promotion.changed_at.isoformat()
