"""What candidate and champion answered, weighed: measured, held against suites, compared."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ona_pipeline.records.comparison import Comparison
from ona_pipeline.records.evidence import Signature, SuiteOutcome
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.quality import (
    CalibrationBin,
    Confusion,
    Drift,
    Sampling,
    SliceMetrics,
    UnmetExpectation,
)
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.validate import (
    calibration,
    conformance,
    metrics,
    noise,
    rows,
    suites,
    tables,
    training,
)
from ona_pipeline.validate import champion as champions
from ona_pipeline.validate.answers import Answers
from ona_pipeline.validate.champion import Champion
from ona_pipeline.validate.comparing import Contest
from ona_pipeline.validate.costs import costs
from ona_pipeline.validate.data import Evaluation
from ona_pipeline.validate.tables import Measured


class Judgement(msgspec.Struct, frozen=True):
    """What was found out; the fields are those of `ValidationEvidence`."""

    findings: tuple[Finding, ...]
    rows: int = 0
    metrics: dict[str, float] = {}
    suites: tuple[SuiteOutcome, ...] = ()
    comparison: Comparison | None = None
    unmet: tuple[UnmetExpectation, ...] = ()
    slices: tuple[SliceMetrics, ...] = ()
    drift: tuple[Drift, ...] = ()
    confusion: Confusion | None = None
    calibration: tuple[CalibrationBin, ...] = ()
    sampling: tuple[Sampling, ...] = ()


class Round(msgspec.Struct, frozen=True):
    """The rows of one validation, and what was answered to them.

    Attributes:
        evaluation: the rows, and the training sample that they are held against.
        signature: what the outputs must be like.
        candidate: its answers.
        moved: its answers to some of the rows after noise; None where that was not asked.
        moved_rows: indices of those rows.
        champion: its answers, a doubt, or None where there is no champion.
    """

    evaluation: Evaluation
    signature: Signature
    candidate: Answers
    moved: Answers | None = None
    moved_rows: Any = None
    champion: Answers | Finding | None = None


def weigh(
    snapshot: Snapshot, held: Round, champion: Champion | None, *, docs: Path | None = None
) -> Judgement:
    """Answers to metrics, suites and comparison; `docs` is a folder for pages of Data Docs."""
    count, truth = len(held.evaluation.frame), held.evaluation.truth
    findings = tuple(_findings(snapshot, held))
    if any(finding.code in conformance.UNMEASURABLE for finding in findings):
        return Judgement(findings, rows=count)
    try:
        measured = _measured(snapshot, held)
    except ValueError as error:
        does_not_fit = Finding(rows.CODE, held.evaluation.label, f"{held.evaluation.label}: {error}")
        return Judgement((*findings, does_not_fit), rows=count)
    filled = tables.fill(held.evaluation, held.candidate, measured)
    judged = suites.judge(snapshot, filled, docs=docs)
    comparison, doubts = _compare(snapshot, held, champion, measured.metrics)
    return Judgement(
        findings=(*findings, *judged.findings, *doubts),
        rows=count,
        metrics=measured.metrics,
        suites=judged.outcomes,
        comparison=comparison,
        unmet=judged.unmet,
        slices=measured.slices,
        drift=measured.drift,
        confusion=calibration.confusion(held.candidate, truth),
        calibration=calibration.bins(held.candidate, truth),
        sampling=tuple(_sampled(held, comparison)),
    )


def _findings(snapshot: Snapshot, held: Round) -> Iterator[Finding]:
    sample, declared = held.evaluation.sample, snapshot.declaration.data.training
    if sample is not None and declared is not None:
        yield from training.shared(held.evaluation.features, sample, most=declared.shared)
    if "label" in held.candidate.outputs and len(classes := set(held.evaluation.truth.tolist())) == 1:
        found = f"wanted rows of at least two classes to judge a classifier, found only {classes.pop()}"
        yield Finding("data-one-class", held.evaluation.label, f"{held.evaluation.label}: {found}")
    yield from conformance.judge(held.candidate, held.signature, snapshot.name)


def _measured(snapshot: Snapshot, held: Round) -> Measured:
    evaluation, answers, truth = held.evaluation, held.candidate, held.evaluation.truth
    measured = metrics.measure(answers, truth) | costs(answers, snapshot.model)
    if held.moved is not None:
        measured |= noise.measure(answers.at(held.moved_rows), held.moved)
    slices = tuple(
        SliceMetrics(name, int(mask.sum()), metrics.of_part(answers.at(mask), truth[mask]))
        for name, mask in evaluation.slices.items()
        if mask.any()
    )
    sample = evaluation.sample
    drift = training.drift(evaluation.features, sample) if sample is not None else ()
    return Measured(measured, slices, drift)


def _compare(
    snapshot: Snapshot, held: Round, champion: Champion | None, measured: dict[str, float]
) -> tuple[Comparison | None, tuple[Finding, ...]]:
    if champion is None or held.champion is None:
        return None, ()
    if isinstance(held.champion, Finding):
        return None, (held.champion,)
    evaluation, rule = held.evaluation, snapshot.declaration.validation.champion
    contest = Contest(rule, held.candidate, held.champion, evaluation.truth, evaluation.slices)
    compared = champions.compare(contest, champion, measured)
    if isinstance(compared, Finding):
        return None, (compared,)
    return compared, tuple(champions.judge(compared))


def _sampled(held: Round, comparison: Comparison | None) -> Iterator[Sampling]:
    count = len(held.evaluation.frame)
    if comparison and comparison.interval_rows < count:
        yield Sampling("interval of the difference to the champion", comparison.interval_rows, count)
    if held.moved is not None and len(held.moved_rows) < count:
        yield Sampling("answers after noise", len(held.moved_rows), count)
    if held.evaluation.sample is not None:
        for what, rows_of in (("evaluation data", count), ("training sample", len(held.evaluation.sample))):
            if rows_of > training.MOST_ROWS:
                yield Sampling(f"drift, {what}", training.MOST_ROWS, rows_of)
