"""How a candidate differs from the champion: metrics and packages."""

import msgspec

from ona_pipeline.records.comparison import LESS_IS_BETTER, Comparison
from ona_pipeline.records.evidence import PreparedModel, ValidationEvidence


class MetricChange(msgspec.Struct, frozen=True):
    """One metric of the candidate, in the metric's unit.

    Attributes:
        name: of the metric.
        value: the candidate's.
        champion: the champion's on the same rows; None where it is not known.
        change: candidate minus champion; None where that is not known.
    """

    name: str
    value: float
    champion: float | None = None
    change: float | None = None

    @property
    def is_worse(self) -> bool:
        """Whether the candidate has less of what more is better of, or more of what less is."""
        if not self.change:
            return False
        return (self.change > 0) is (self.name in LESS_IS_BETTER)


class PackageChange(msgspec.Struct, frozen=True):
    """A package that is otherwise in the candidate's runtime: version before and after, empty for none."""

    name: str
    before: str
    after: str


def metric_changes(
    candidate: ValidationEvidence, champion: ValidationEvidence | None, comparison: Comparison | None
) -> tuple[MetricChange, ...]:
    """Each metric of the candidate; beside it the champion's, where both were judged on the same rows.

    Args:
        candidate: as it was judged.
        champion: the evidence of the champion's own release; None for none.
        comparison: of the two on the same rows; its value goes before what the champion once had.

    Returns:
        The metric that was compared, then those that became worse, then the others, each by name.
    """
    known = dict(champion.metrics) if champion and champion.data == candidate.data else {}
    first = comparison.metric if comparison else ""
    if comparison:
        known[first] = comparison.champion_value
    changes = [
        MetricChange(name, value, known[name], value - known[name])
        if name in known
        else MetricChange(name, value)
        for name, value in candidate.metrics.items()
    ]
    return tuple(sorted(changes, key=lambda one: (one.name != first, not one.is_worse, one.name)))


def package_changes(candidate: PreparedModel, champion: PreparedModel | None) -> tuple[PackageChange, ...]:
    """Packages added, removed or of another version, by name; empty where there is no champion."""
    if champion is None:
        return ()
    before, after = champion.packages, candidate.packages
    return tuple(
        PackageChange(name, before.get(name, ""), after.get(name, ""))
        for name in sorted(before | after)
        if before.get(name) != after.get(name)
    )
