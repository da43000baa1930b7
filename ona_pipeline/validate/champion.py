"""The version that is served now, asked the same rows."""

from typing import Any

import msgspec

from ona_pipeline.records.declaration import ChampionRule
from ona_pipeline.records.evidence import Comparison
from ona_pipeline.records.finding import Finding, Severity
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.sandbox.interface import Sandbox
from ona_pipeline.validate import metrics
from ona_pipeline.validate.answers import Answers
from ona_pipeline.validate.asking import Asked, ask


class Champion(msgspec.Struct, frozen=True):
    """What an environment serves now.

    Attributes:
        release: its release id.
        image: its serving image, with runtime and model in it.
    """

    release: str
    image: PinnedReference


class Contest(msgspec.Struct, frozen=True):
    """One contest.

    Attributes:
        rule: by which metric, and how much worse still passes.
        answers: the candidate's.
        measured: the candidate's metrics.
        truth: shape (n,).
    """

    rule: ChampionRule
    answers: Answers
    measured: dict[str, float]
    truth: Any


def ask_champion(champion: Champion, rows: dict[str, Any], *, sandbox: Sandbox) -> Answers | Finding:
    """The champion's answers, from its own image; where there are none, that is a doubt and no refusal."""
    answers = ask(Asked("champion", champion.image), rows, sandbox=sandbox)
    return _doubt(answers.sentence) if isinstance(answers, Finding) else answers


def compare(contest: Contest, champion: Champion, answers: Answers) -> Comparison | Finding:
    """Champion and candidate by one metric; a finding where they cannot be compared."""
    rule = contest.rule
    if rule.metric not in contest.measured:
        known = ", ".join(contest.measured)
        return Finding(
            "metric-unknown",
            rule.metric,
            f"validation.champion.metric: wanted one of {known}, found {rule.metric}",
        )
    try:
        value = metrics.measure(answers, contest.truth)[rule.metric]
    except (ValueError, KeyError) as error:
        return _doubt(f"champion: wanted answers to the same question, found others: {error}")
    return Comparison(
        champion=champion.release,
        metric=rule.metric,
        champion_value=value,
        candidate_value=contest.measured[rule.metric],
        margin=rule.margin,
        changed_answers=_changed(contest.answers, answers),
        rows=len(contest.truth),
    )


def judge(comparison: Comparison) -> tuple[Finding, ...]:
    """A finding where the candidate is worse by more than the margin."""
    lost = comparison.champion_value - comparison.candidate_value
    if lost <= comparison.margin:
        return ()
    sentence = (
        f"{comparison.metric}: wanted at least {comparison.champion_value:.4f} ({comparison.champion}) "
        f"less {comparison.margin:g}, found {comparison.candidate_value:.4f}; "
        f"{comparison.changed_answers} of {comparison.rows} answers changed"
    )
    return (Finding("worse-than-champion", comparison.metric, sentence),)


def _changed(candidate: Answers, champion: Answers) -> int:
    name = "label" if "label" in candidate.outputs else "value"
    differs = candidate.outputs[name] != champion.outputs[name]
    return int(differs.reshape(len(differs), -1).any(axis=1).sum())


def _doubt(sentence: str) -> Finding:
    return Finding("champion-does-not-answer", "champion", sentence, severity=Severity.DOUBT)
