"""Four verdicts: in the first line, in JSON and in the exit code."""

import json
import sys
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import typer

from ona_pipeline.cli import judged
from ona_pipeline.judging import Judged, Proved
from ona_pipeline.records.comparison import ChangedAnswer, Comparison, Gain, Standing
from ona_pipeline.records.finding import Finding, Verdict, verdict_of
from ona_pipeline.records.quality import Proof
from ona_pipeline.records.snapshot import Origins
from tests.fakes.releases import DOUBT, road

REFUSAL = Finding("expectation-unmet", "metrics.json: accuracy", "wanted 0.95, found 0.3", hint="train anew")
COMPARED = Comparison(
    "digits-1", "accuracy", 0.98, 0.96, 0.01, 9, 450, Gain(-0.02, -0.03, -0.002), 0.95, 100, 450,
    Standing.UNDECIDED, (), (ChangedAnswer(12, "8", "8", "3", "worse"),),
)  # fmt: skip


def said(*findings: Finding, compared: Comparison | None = None) -> Judged:
    evidence: dict[str, Any] = dict(list(road("digits-2", comparison=compared).items())[:3])
    evidence["validate"] = msgspec.structs.replace(evidence["validate"], findings=findings)
    return Judged("digits", Origins("git", "HEAD", "c0ffee" * 7), verdict_of(findings), evidence)


def concluded(record: Judged, *, as_json: bool = False) -> int:
    try:
        judged.conclude(record, as_json=as_json)
    except typer.Exit as end:
        return end.exit_code
    return 0


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is there who can be asked."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)


@pytest.mark.parametrize(
    ("findings", "verdict", "code"),
    [((), "passed", 0), ((DOUBT,), "inconclusive", 3), ((REFUSAL, DOUBT), "refused", 3)],
)
def test_the_verdict_is_in_the_first_line_in_json_and_in_the_exit_code(
    capsys: pytest.CaptureFixture[str], findings: tuple[Finding, ...], verdict: str, code: int
) -> None:
    assert concluded(said(*findings)) == code
    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"digits  {verdict}  HEAD, commit c0ffeec0ffee"
    assert concluded(said(*findings), as_json=True) == code
    record = json.loads(capsys.readouterr().out)
    assert record["verdict"] == verdict
    assert record["evidence"]["validate"]["stage"] == "validate"


@pytest.mark.usefixtures("at_a_terminal")
def test_what_is_inconclusive_is_no_refusal_where_a_person_sees_it() -> None:
    assert concluded(said(DOUBT)) == 0
    assert concluded(said(REFUSAL)) == 3


def test_what_to_look_at_first_is_said_second() -> None:
    second, third = list(judged.lines(said(DOUBT, REFUSAL)))[1:3]
    assert second == "look first   expectation-unmet: metrics.json: accuracy"
    assert third == "hint         train anew"


def test_the_comparison_is_shown_with_its_interval_and_what_changed() -> None:
    text = "\n".join(judged.lines(said(compared=COMPARED)))
    assert "accuracy 0.9800 -> 0.9600, better by -0.0200 (95%: -0.0300 to -0.0020)" in text
    assert "9 of 450 answers" in text
    assert "row 12: 8 -> 3, worse (truth 8)" in text
    assert "none to compare with" in "\n".join(judged.lines(said()))


@pytest.mark.parametrize(("through", "word", "code"), [((), "proven", 0), (("noise",), "not proven", 3)])
def test_a_proof_says_first_whether_the_suites_can_fail(
    capsys: pytest.CaptureFixture[str], through: tuple[str, ...], word: str, code: int
) -> None:
    proofs = (Proof("the model itself", Verdict.PASSED), Proof("noise", Verdict.REFUSED, (REFUSAL,)))
    proved = Proved("digits", Origins("git", "HEAD", "c0ffee" * 7), proofs, through)
    try:
        judged.conclude_proof(proved, as_json=False)
        ended = 0
    except typer.Exit as end:
        ended = end.exit_code
    said = capsys.readouterr().out
    assert ended == code
    assert said.startswith(f"digits  {word}  HEAD")
    assert "noise              refused  metrics.json: accuracy" in said
    assert ("would have got through: noise" in said) is bool(through)
