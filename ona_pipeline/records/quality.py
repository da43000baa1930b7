"""What validation measured, beside the verdict: suites, slices, drift, confusion, calibration."""

import msgspec

from ona_pipeline.records.finding import Finding, Verdict


class Unexpected(msgspec.Struct, frozen=True):
    """One value that a suite did not expect, as text, and its row: a number, or a slice or feature."""

    row: str
    value: str


class UnmetExpectation(msgspec.Struct, frozen=True):
    """One expectation that was not met.

    Attributes:
        suite: the suite's file name.
        table: which table it judged.
        kind: the type of the expectation.
        subject: the column, or ``table``.
        wanted: its arguments, as text.
        found: what was observed, as text.
        unexpected: rows that are otherwise; 0 where the expectation is about the table as a whole.
        examples: the first of them.
    """

    suite: str
    table: str
    kind: str
    subject: str
    wanted: str
    found: str
    unexpected: int = 0
    examples: tuple[Unexpected, ...] = ()


class SliceMetrics(msgspec.Struct, frozen=True):
    """One slice: ``column=value``, the rows in it, and its metrics."""

    name: str
    rows: int
    metrics: dict[str, float]


class Drift(msgspec.Struct, frozen=True):
    """How differently one feature is distributed in training sample and evaluation data.

    Attributes:
        column: the feature.
        psi: population stability index, natural logarithm; 0 is alike.
        ks: two-sample Kolmogorov-Smirnov statistic; None for text.
        ks_p: its p-value; None for text.
    """

    column: str
    psi: float
    ks: float | None = None
    ks_p: float | None = None


class Confusion(msgspec.Struct, frozen=True):
    """How often each class was answered: a row of `counts` for each true class, in the order of `classes`."""

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class CalibrationBin(msgspec.Struct, frozen=True):
    """Rows answered with about the same probability: its mean, the share that is right, how many."""

    confidence: float
    accuracy: float
    rows: int


class Sampling(msgspec.Struct, frozen=True):
    """Something that was measured on a seeded sample: what, on how many rows, of how many."""

    what: str
    rows: int
    of: int


class Proof(msgspec.Struct, frozen=True):
    """What the suites said of a candidate that they were tried on: its name, verdict, first reasons."""

    candidate: str
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
