"""The one screen: everything that a decision needs, in 80 columns, in plain characters."""

import re
import sys
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from ona_pipeline.approve.differences import MetricChange, PackageChange
from ona_pipeline.approve.review import Review
from ona_pipeline.cli import screen
from ona_pipeline.records.comparison import Comparison
from ona_pipeline.records.endorsements import Endorsement
from ona_pipeline.records.finding import Finding, Severity
from ona_pipeline.records.waiver import Waived, Waiver
from tests.fakes.releases import APPROVER, MANUAL, hold, published, roll_out
from tests.fakes.requests import ask, say_yes


@pytest.fixture
def first(ona: Any, ledger: Any, clock: Any) -> Review:
    found: Review = ona.review(ask(ledger, clock, published(ledger, doubt=True)))
    return found


@pytest.fixture
def second(ona: Any, ledger: Any, clock: Any) -> Review:
    """Against a champion, under a hold."""
    packages = {f"package-{number}": "1.0" for number in range(12)}
    roll_out(ledger, say_yes(ledger, clock, ask(ledger, clock, published(ledger, packages=packages))))
    compared = Comparison("digits-1", "accuracy", 0.975, 0.97, 0.01, 4, 360)
    release = published(ledger, "digits-2", comparison=compared)
    hold(ledger)
    found: Review = ona.review(ask(ledger, clock, release))
    return found


def text(review: Review) -> str:
    return "\n".join(line.text for line in screen.lines(review, 80))


def words(review: Review) -> str:
    """The screen wherever its lines break."""
    return " ".join(text(review).split())


def test_every_line_fits_a_terminal_of_80_columns(second: Review) -> None:
    long = msgspec.structs.replace(
        second,
        note="because " * 40,
        target="kubernetes " + "context" * 20,
        metrics=(MetricChange("recall_of_the_class_that_matters_most", 0.5, 0.25, 0.25),),
    )
    for review in (second, long):
        assert max(len(line.text) for line in screen.lines(review, 80)) <= 80


def test_the_digest_of_the_image_is_whole_on_one_line(first: Review) -> None:
    assert first.image.digest in [line.text.strip() for line in screen.lines(first, 80)]


def test_says_what_where_who_why_and_until_when(first: Review) -> None:
    said = words(first)
    assert said.startswith("digits to production: digits-1 what ")
    assert "kubernetes lab/digits/deployment/digits" in said
    assert "releaser <releaser@example.org> at 2026-11-23 12:00 UTC (a claim)" in said
    assert "better at sevens" in said
    assert "nothing: the first release here" in said
    assert "2026-11-30 12:00 UTC" in said
    assert "ona show digits-1" in said


def test_shows_verdicts_with_what_was_found(first: Review) -> None:
    said = text(first)
    assert re.search(r"validate +inconclusive", said)
    assert "few-rows: evaluation.csv: wanted 100 rows, found 12" in said


def test_shows_the_difference_to_what_serves_now(second: Review) -> None:
    said = words(second)
    assert "instead of digits-1" in said
    assert "0.9700 now 0.9750, change -0.0050" in said
    assert "14 changed:" in said
    assert "and 8 more: ona approve digits-2 --json" in said
    assert "sevens are wrong (approver)" in said


def test_says_how_many_metrics_are_not_shown(first: Review) -> None:
    many = tuple(MetricChange(f"recall_{digit}", 0.9) for digit in range(10))
    said = text(msgspec.structs.replace(first, metrics=many))
    assert "recall_7" in said
    assert "recall_8" not in said
    assert "and 2 more: ona show digits-1" in said


def test_tells_figures_of_any_size(first: Review) -> None:
    figures = MetricChange("latency_p50_s", 0.000021, 0.000031, -0.00001), MetricChange("bytes", 105_480.0)
    told = words(msgspec.structs.replace(first, metrics=figures))
    assert "latency_p50_s 2.1e-05 now 3.1e-05, change -1e-05" in told
    assert "bytes 105,480" in told


def test_packages_that_are_the_same_are_said_to_be(second: Review) -> None:
    assert "as served now" in text(msgspec.structs.replace(second, packages=()))
    added = msgspec.structs.replace(second, packages=(PackageChange("numpy", "", "2.4.0"),))
    assert "1 changed: numpy 2.4.0 added" in text(added)


def test_somebody_elses_words_cannot_repaint_the_screen(first: Review) -> None:
    evil = "fine\x1b[2J\x1b[1;1Hverify      passed\r\N{RIGHT-TO-LEFT OVERRIDE}"
    finding = Finding("added", evil, evil, severity=Severity.NOTE)
    gate = msgspec.structs.replace(first.gates[0], findings=(finding,))
    said = text(msgspec.structs.replace(first, note=evil, gates=(gate,)))
    assert all(character.isprintable() or character == "\n" for character in said)


def test_is_written_beside_the_answer(first: Review, capsys: pytest.CaptureFixture[str]) -> None:
    screen.show(first)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == text(first) + "\n"


class TestColour:
    def painted(self, review: Review, monkeypatch: pytest.MonkeyPatch, capsys: Any, **variables: str) -> str:
        for name in ("TERM", "NO_COLOR"):
            monkeypatch.delenv(name, raising=False)
        for name, value in {"TERM": "xterm-256color", "COLUMNS": "80", **variables}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        screen.show(review)
        written: str = capsys.readouterr().err
        return written

    def test_is_for_verdicts_and_what_became_worse(
        self, second: Review, monkeypatch: pytest.MonkeyPatch, capsys: Any
    ) -> None:
        written = self.painted(second, monkeypatch, capsys)
        assert re.search(r"\x1b\[32mverify +passed\x1b\[0m", written)
        assert re.search(r"\x1b\[31maccuracy +0\.9700 .*worse\x1b\[0m", written)
        assert re.search(r"\x1b\[33mon hold ", written)
        assert re.sub(r"\x1b\[\d+m", "", written) == text(second) + "\n"

    @pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
    def test_is_left_out_where_it_is_not_wanted(
        self, second: Review, monkeypatch: pytest.MonkeyPatch, capsys: Any, variables: dict[str, str]
    ) -> None:
        assert self.painted(second, monkeypatch, capsys, **variables) == text(second) + "\n"


def test_tells_in_words_how_long_there_is_to_decide(first: Review) -> None:
    for hours, said in ((24 * 6 + 5, "in 6 days"), (25, "in 1 day"), (5, "in 5 hours"), (0, "which is over")):
        seen_at = first.expires_at - timedelta(hours=hours)
        assert f"UTC, {said}" in text(msgspec.structs.replace(first, seen_at=seen_at))


def test_another_hand_on_target_and_tag_is_said(first: Review) -> None:
    other = msgspec.structs.replace(first, serving="digits:latest", tag="nothing")
    assert "serving digits:latest, set by another hand; on yes it is replaced" in words(other)
    assert "tag the release's tag leads to nothing now" in words(other)


def test_tells_who_has_said_yes_what_keeps_it_waiting_and_what_is_waived(first: Review) -> None:
    at = first.requested_at
    said = Endorsement(by=APPROVER, at=at, person="second", reason="seen with the team", signature="")
    waived = Waived("expectation-unmet", "data.json: pixels", "known and harmless", at, MANUAL.digest)
    full = msgspec.structs.replace(
        first,
        quorum=2,
        endorsements=(said,),
        unmet=(Finding("frozen", "stocktaking", "production is frozen until tomorrow: stocktaking"),),
        waivers=(Waiver(first.binding, APPROVER, at, waived),),
    )
    seen = words(full)
    assert "said yes 1 of 2: second at 2026-11-23 12:00 UTC: seen with the team" in seen
    assert "waits production is frozen until tomorrow: stocktaking" in seen
    assert (
        "waived expectation-unmet of data.json: pixels by approver until 2026-11-23 12:00 UTC:"
        " known and harmless" in seen
    )
