"""What the gates said, for people and programs, and the exit code of that."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from ona_pipeline.cli import output

if TYPE_CHECKING:
    from ona_pipeline.judging import Judged, Proved
    from ona_pipeline.records.comparison import Comparison
    from ona_pipeline.records.evidence import ValidationEvidence
    from ona_pipeline.records.finding import Finding

_REFUSED = 3
_METRICS = 6
_CHANGES = 5


def conclude(judged: "Judged", *, as_json: bool) -> None:
    """Render, and end with the exit code of the verdict.

    Raises:
        typer.Exit: 3 where it is refused, or inconclusive with nobody at a terminal who could be asked.
    """
    from ona_pipeline.records.finding import Verdict

    if as_json:
        output.json(judged)
    else:
        for text in lines(judged):
            output.line(text)
    is_seen = sys.stdin.isatty() and sys.stdout.isatty() and not as_json
    if judged.verdict is Verdict.REFUSED or (judged.verdict is Verdict.INCONCLUSIVE and not is_seen):
        raise typer.Exit(_REFUSED)


def conclude_proof(proved: "Proved", *, as_json: bool) -> None:
    """Render which candidates the suites refuse.

    Raises:
        typer.Exit: 3 where a bad candidate would have got through, or the model itself would not.
    """
    if as_json:
        output.json(proved)
    else:
        for text in proof_lines(proved):
            output.line(text)
    if not proved.is_proven:
        raise typer.Exit(_REFUSED)


def proof_lines(proved: "Proved") -> Iterator[str]:
    """The verdict on the suites first, then each candidate and why it was refused."""
    found = "proven" if proved.is_proven else "not proven"
    yield f"{proved.model}  {found}  {proved.origins.revision}, commit {proved.origins.commit[:12]}"
    if proved.through:
        yield f"{'look first':<12} would have got through: {', '.join(proved.through)}"
    for proof in proved.proofs:
        reason = f"  {proof.findings[0].subject}" if proof.findings else ""
        yield f"{proof.candidate:<18} {proof.verdict}{reason}"


def lines(judged: "Judged") -> Iterator[str]:
    """The verdict first, then what to look at first, then the rest."""
    from ona_pipeline.cli.progress import summary

    yield f"{judged.model}  {judged.verdict}  {judged.origins.revision}, commit {judged.origins.commit[:12]}"
    if judged.findings:
        yield from _first(judged.findings[0])
    for stage, evidence in judged.evidence.items():
        yield f"{stage:<12} {evidence.verdict:<13} {summary(evidence)}"
        for finding in evidence.findings:
            yield f"{'':<12} {finding.code}: {finding.sentence}"
    if validation := judged.evidence.get("validate"):
        yield from _quality(validation)
    yield "nothing was released"


def _first(finding: "Finding") -> Iterator[str]:
    yield f"{'look first':<12} {finding.code}: {finding.subject}"
    if finding.hint:
        yield f"{'hint':<12} {finding.hint}"


def _quality(evidence: "ValidationEvidence") -> Iterator[str]:
    for name, value in list(evidence.metrics.items())[:_METRICS]:
        yield f"{'metric':<12} {name} {value:.4f}"
    for suite in evidence.suites:
        met = suite.expectations - suite.unmet
        yield f"{'suite':<12} {suite.name}: {met} of {suite.expectations} expectations met by {suite.table}"
    if evidence.comparison:
        yield from _comparison(evidence.comparison)
    elif evidence.metrics:
        yield f"{'champion':<12} none to compare with"
    for each in evidence.sampling:
        yield f"{'sampled':<12} {each.what}: {each.rows} of {each.of} rows"


def _comparison(compared: "Comparison") -> Iterator[str]:
    against = f"{compared.metric} {compared.champion_value:.4f} -> {compared.candidate_value:.4f}"
    if gain := compared.gain:
        level = f"{compared.confidence:.0%}"
        against += f", better by {gain.value:+.4f} ({level}: {gain.low:+.4f} to {gain.high:+.4f})"
    yield f"{'champion':<12} {compared.champion}: {against}"
    yield f"{'changed':<12} {compared.changed_answers} of {compared.rows} answers"
    for row in compared.changed[:_CHANGES]:
        yield f"{'':<12} row {row.row}: {row.champion} -> {row.candidate}, {row.effect} (truth {row.truth})"
