"""What a command that moves a release says at its end."""

from typing import Any

import pytest

from ona_pipeline.cli.outcome import render
from ona_pipeline.journey import Outcome
from ona_pipeline.records.canonical import encode
from tests.fakes.releases import published, roll_out
from tests.fakes.requests import ask, say_yes


def test_what_waits_is_said_with_the_command_to_type_next(
    ledger: Any, clock: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    release = published(ledger)
    promotion = ask(ledger, clock, release)
    render(Outcome(release, (promotion,)), as_json=False)
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "digits-1  published",
        f"production  awaiting approval  {promotion.binding.image}",
    ]
    assert captured.err == "next, by 2026-11-30 12:00 UTC: ona approve digits-1 --to production\n"


def test_what_is_live_leaves_nothing_to_type(
    ledger: Any, clock: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    release = published(ledger)
    live = roll_out(ledger, say_yes(ledger, clock, ask(ledger, clock, release)))
    render(Outcome(release, (live,)), as_json=False)
    captured = capsys.readouterr()
    assert "production  live  " in captured.out
    assert captured.err == ""


def test_json_is_the_record_and_nothing_else(
    ledger: Any, clock: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    release = published(ledger)
    outcome = Outcome(release, (ask(ledger, clock, release),))
    render(outcome, as_json=True)
    captured = capsys.readouterr()
    assert captured.out == encode(outcome).decode() + "\n"
    assert captured.err == ""
