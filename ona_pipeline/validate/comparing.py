"""Champion and candidate by one metric: the difference, how sure it is, and in which rows it is."""

from collections.abc import Iterator
from typing import Any

import msgspec

from ona_pipeline.records.comparison import (
    LESS_IS_BETTER,
    MOST_CHANGED,
    ChangedAnswer,
    Comparison,
    Effect,
    SliceComparison,
    Standing,
)
from ona_pipeline.records.declaration import ChampionRule
from ona_pipeline.validate import intervals, metrics, scores
from ona_pipeline.validate.answers import Answers
from ona_pipeline.validate.intervals import Drawn

_EFFECTS: dict[int, Effect] = {-1: "worse", 0: "neither", 1: "better"}


class Contest(msgspec.Struct, frozen=True):
    """Two models' answers to the same rows.

    Attributes:
        rule: by which metric, and how much worse still passes.
        candidate: its answers.
        champion: its answers.
        truth: shape (n,).
        slices: name to which rows are in it, each of shape (n,).
    """

    rule: ChampionRule
    candidate: Answers
    champion: Answers
    truth: Any
    slices: dict[str, Any] = {}


class _Part(msgspec.Struct, frozen=True):
    """Some of the rows: both values of the metric, and the drawn gain."""

    rows: int
    champion: float
    candidate: float
    drawn: Drawn


def compare(contest: Contest, champion: str) -> Comparison:
    """What the two answered, compared.

    Args:
        contest: both answered its metric's kind of question.
        champion: its release id.

    Raises:
        ValueError: they answer different kinds of question.
        KeyError: the champion does not have the metric.
    """
    import numpy as np

    rule = contest.rule
    metrics.require_comparable(contest.champion, contest.truth)
    changed = _changed(contest.candidate, contest.champion)
    whole = _part(contest, np.ones(len(contest.truth), dtype=bool))
    is_enough = whole.rows >= rule.min_rows
    return Comparison(
        champion=champion,
        metric=rule.metric,
        champion_value=whole.champion,
        candidate_value=whole.candidate,
        margin=rule.margin,
        changed_answers=int(changed.sum()),
        rows=whole.rows,
        gain=whole.drawn.gain,
        confidence=rule.confidence,
        min_rows=rule.min_rows,
        interval_rows=whole.drawn.rows,
        standing=whole.drawn.gain.standing(rule.margin) if is_enough else Standing.UNDECIDED,
        slices=tuple(_slices(contest, changed)),
        changed=_listed(contest, changed),
    )


def _slices(contest: Contest, changed: Any) -> Iterator[SliceComparison]:
    import numpy as np

    for name, mask in contest.slices.items():
        part = _part(contest, mask)
        if np.isnan([part.champion, part.candidate]).any():
            continue
        changes = int(changed[mask].sum())
        gain = part.drawn.gain
        # Few rows decide nothing, but where nothing changed there is nothing to decide.
        is_clear = part.rows >= contest.rule.min_rows or (changes == 0 and gain.value == 0)
        standing = gain.standing(contest.rule.margin) if is_clear else Standing.UNDECIDED
        yield SliceComparison(name, part.rows, part.champion, part.candidate, changes, gain, standing)


def _part(contest: Contest, mask: Any) -> _Part:
    """The rows in `mask` compared, by the mean of their scores where the metric has them."""
    rule, truth = contest.rule, contest.truth[mask]
    candidate, champion = contest.candidate.at(mask), contest.champion.at(mask)
    sign = -1 if rule.metric in LESS_IS_BETTER else 1
    ours = scores.of_rows(rule.metric, candidate, truth)
    if ours is None:
        return _measured(rule, candidate, champion, truth)
    theirs = scores.of_rows(rule.metric, champion, truth)
    counted = ours == ours  # noqa: PLR0124  NaN: a row that the metric does not look at
    if not counted.any():
        return _Part(len(truth), float("nan"), float("nan"), intervals.NOTHING)
    drawn = intervals.of_mean((ours - theirs)[counted], confidence=rule.confidence)
    means = [sign * float(each[counted].mean()) for each in (theirs, ours)]
    return _Part(len(truth), means[0], means[1], drawn)


def _measured(rule: ChampionRule, candidate: Answers, champion: Answers, truth: Any) -> _Part:
    sign = -1 if rule.metric in LESS_IS_BETTER else 1

    def value(answers: Answers, rows: Any) -> float:
        return metrics.value(rule.metric, answers.at(rows), truth[rows])

    def difference(rows: Any) -> float:
        return sign * (value(candidate, rows) - value(champion, rows))

    drawn = intervals.of_metric(difference, len(truth), confidence=rule.confidence)
    every = slice(None)
    return _Part(len(truth), value(champion, every), value(candidate, every), drawn)


def _changed(candidate: Answers, champion: Answers) -> Any:
    differs = candidate.main != champion.main
    return differs.reshape(len(differs), -1).any(axis=1)


def _listed(contest: Contest, changed: Any) -> tuple[ChangedAnswer, ...]:
    import numpy as np

    [rows] = np.nonzero(changed)
    effects = scores.nearer(contest.candidate.at(rows), contest.champion.at(rows), contest.truth[rows])
    worst_first = np.argsort(effects, kind="stable")[:MOST_CHANGED]
    return tuple(
        ChangedAnswer(
            row=int(row),
            truth=str(contest.truth[row]),
            champion=str(contest.champion.main[row]),
            candidate=str(contest.candidate.main[row]),
            effect=_EFFECTS[int(effect)],
            slices=tuple(name for name, mask in contest.slices.items() if mask[row]),
        )
        for row, effect in zip(rows[worst_first], effects[worst_first], strict=True)
    )
