"""The version that is served now, asked the same rows, and what follows from the difference."""

from collections.abc import Iterator
from typing import Any

import msgspec

from ona_pipeline.records.comparison import Comparison, SliceComparison, Standing
from ona_pipeline.records.finding import Finding, Severity
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.sandbox.interface import Sandbox
from ona_pipeline.validate import comparing
from ona_pipeline.validate.answers import Answers
from ona_pipeline.validate.asking import Asked, ask
from ona_pipeline.validate.comparing import Contest

_HINT = "the changed answers are in the evidence: validate.comparison.changed"


class Champion(msgspec.Struct, frozen=True):
    """What an environment serves now.

    Attributes:
        release: its release id.
        image: its serving image, with runtime and model in it.
    """

    release: str
    image: PinnedReference


def ask_champion(champion: Champion, rows: dict[str, Any], *, sandbox: Sandbox) -> Answers | Finding:
    """The champion's answers, from its own image; where there are none, that is a doubt and no refusal."""
    answers = ask(Asked("champion", champion.image), rows, sandbox=sandbox)
    return _doubt(answers.sentence) if isinstance(answers, Finding) else answers


def compare(contest: Contest, champion: Champion, measured: dict[str, float]) -> Comparison | Finding:
    """Champion and candidate by one metric; a finding where they cannot be compared.

    Args:
        contest: both answers.
        champion: whose the one is.
        measured: the candidate's metrics.
    """
    metric = contest.rule.metric
    if metric not in measured:
        wanted = f"wanted one of {', '.join(measured)}, found {metric}"
        return Finding("metric-unknown", metric, f"validation.champion.metric: {wanted}")
    try:
        return comparing.compare(contest, champion.release)
    except (ValueError, KeyError) as error:
        return _doubt(f"champion: wanted answers to the same question, found others: {error}")


def judge(comparison: Comparison) -> Iterator[Finding]:
    """On the whole and in each slice: a refusal where clearly worse, a doubt where that is not clear."""
    yield from _judge(comparison, comparison.metric, comparison)
    for part in comparison.slices:
        yield from _judge(comparison, f"{comparison.metric} where {part.name}", part)


def _judge(compared: Comparison, subject: str, part: Comparison | SliceComparison) -> Iterator[Finding]:
    if part.standing is Standing.WORSE:
        yield Finding("worse-than-champion", subject, f"{subject}: {_found(compared, part)}", hint=_HINT)
    elif part.standing is Standing.UNDECIDED:
        is_few = part.rows < compared.min_rows
        rows = f"wanted at least {compared.min_rows} rows, found {part.rows}; " if is_few else ""
        code = "few-rows" if is_few else "champion-undecided"
        sentence = f"{subject}: {rows}{_found(compared, part)}"
        yield Finding(code, subject, sentence, severity=Severity.DOUBT, hint=_HINT)


def _found(compared: Comparison, part: Comparison | SliceComparison) -> str:
    gain = part.gain
    assert gain is not None  # noqa: S101  whatever is judged here was compared just now
    return (
        f"wanted {compared.champion}'s {part.champion_value:.4f}, or worse by at most {compared.margin:g}, "
        f"found {part.candidate_value:.4f}: better by {gain.value:+.4f}, "
        f"with {compared.confidence:.0%} confidence by {gain.low:+.4f} to {gain.high:+.4f}; "
        f"{part.changed_answers} of {part.rows} answers changed"
    )


def _doubt(sentence: str) -> Finding:
    return Finding("champion-does-not-answer", "champion", sentence, severity=Severity.DOUBT)
