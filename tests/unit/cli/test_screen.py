"""The one screen: everything that a decision needs, in 80 columns, in plain characters."""

import re
from typing import Any

import msgspec
import pytest

from ona_pipeline.approve.differences import MetricChange, PackageChange
from ona_pipeline.approve.review import Review
from ona_pipeline.cli import screen
from ona_pipeline.records.comparison import Comparison
from ona_pipeline.records.finding import Finding, Severity
from tests.fakes.releases import hold, published, roll_out
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
    return "\n".join(screen.lines(review))


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
        assert max(map(len, screen.lines(review))) <= 80


def test_the_digest_of_the_image_is_whole_on_one_line(first: Review) -> None:
    assert first.image.digest in [line.strip() for line in screen.lines(first)]


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
    assert "and 6 more" in said
    assert "sevens are wrong (approver)" in said


def test_says_how_many_metrics_are_not_shown(first: Review) -> None:
    many = tuple(MetricChange(f"recall_{digit}", 0.9) for digit in range(10))
    said = text(msgspec.structs.replace(first, metrics=many))
    assert "recall_7" in said
    assert "recall_8" not in said
    assert "and 2 more: ona show digits-1" in said


def test_packages_that_are_the_same_are_said_to_be(second: Review) -> None:
    assert "as served now" in text(msgspec.structs.replace(second, packages=()))
    added = msgspec.structs.replace(second, packages=(PackageChange("numpy", "", "2.4.0"),))
    assert "numpy none -> 2.4.0" in text(added)


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
