"""What candidate and champion answered, weighed: metrics, suites, comparison."""

from typing import Any

import msgspec

from ona_pipeline.records.comparison import Comparison
from ona_pipeline.records.evidence import SuiteOutcome
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.validate import champion as champions
from ona_pipeline.validate import metrics, rows, suites
from ona_pipeline.validate.answers import Answers
from ona_pipeline.validate.champion import Champion
from ona_pipeline.validate.comparing import Contest
from ona_pipeline.validate.data import Evaluation


class Judgement(msgspec.Struct, frozen=True):
    """What was found out."""

    findings: tuple[Finding, ...]
    rows: int = 0
    metrics: dict[str, float] = {}
    suites: tuple[SuiteOutcome, ...] = ()
    comparison: Comparison | None = None


class Round(msgspec.Struct, frozen=True):
    """The rows of one validation, and what was answered to them."""

    evaluation: Evaluation
    candidate: Answers
    champion: Answers | Finding | None


def weigh(snapshot: Snapshot, held: Round, champion: Champion | None) -> Judgement:
    """Answers to metrics, suites and comparison."""
    count, truth = len(held.evaluation.frame), held.evaluation.truth
    findings = tuple(metrics.judge(held.candidate, snapshot.name))
    if any(finding.code == "not-finite" for finding in findings):
        return Judgement(findings, rows=count)
    try:
        measured = metrics.measure(held.candidate, truth)
    except ValueError as error:
        does_not_fit = Finding(rows.CODE, held.evaluation.label, f"{held.evaluation.label}: {error}")
        return Judgement((*findings, does_not_fit), rows=count)
    judged = suites.judge(snapshot, _tables(held, measured))
    comparison, doubts = _compare(snapshot, held, champion, measured)
    return Judgement((*findings, *judged.findings, *doubts), count, measured, judged.outcomes, comparison)


def _tables(held: Round, measured: dict[str, float]) -> dict[str, Any]:
    import pandas as pd

    return {
        "data": held.evaluation.table,
        "predictions": metrics.predictions(held.candidate, held.evaluation.truth),
        "metrics": pd.DataFrame([measured]),
    }


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
