"""`ona status`, `show` and `history`: what a person or a program reads."""

import json
import sys
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import pytest

from ona_pipeline import queries
from ona_pipeline.cli import app, history, show, status
from ona_pipeline.ledger.lease import Lease
from ona_pipeline.policy import EnvironmentPolicy, People, Person
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.promotion_facts import CanaryJudged, RolloutStarted
from ona_pipeline.records.release_facts import ReleaseRequested
from ona_pipeline.records.snapshot import Origins
from tests.fakes.releases import DOUBT, RELEASER, canary, hold, lend, published, roll_out, write
from tests.fakes.requests import ask, say_no, say_yes

Run = Callable[..., tuple[str, str]]


@pytest.fixture
def run(ledger: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `ona` over the fake ledger; answer and notes."""
    for command in (history, show, status):
        monkeypatch.setattr(command, "ledger", lambda: ledger)

    def called(*arguments: str) -> tuple[str, str]:
        monkeypatch.setattr(sys, "argv", ["ona", *arguments])
        with pytest.raises(SystemExit) as end:
            app.main()
        captured = capsys.readouterr()
        assert not end.value.code, captured.err
        return captured.out, captured.err

    return called


def test_status_of_an_empty_ledger_says_where_to_start(run: Run) -> None:
    assert run("status") == ("", "nothing was released yet; start with: ona release MODEL\n")


def test_status_is_a_row_for_each_place_and_a_line_for_what_waits(run: Run, ledger: Any, clock: Any) -> None:
    roll_out(ledger, say_yes(ledger, clock, ask(ledger, clock, published(ledger))))
    ask(ledger, clock, published(ledger, "digits-2"))
    hold(ledger, "audit")
    first, second = run("status")[0].splitlines()
    assert first == "digits\tproduction\tdigits-1\t2026-11-23 12:00:00\tapprover\taudit (approver)"
    assert second.startswith("awaiting approval: digits-2 --to production, asked by releaser")


def test_what_is_approved_and_not_rolled_out_is_said_with_how_to_go_on(
    run: Run, ledger: Any, clock: Any
) -> None:
    say_yes(ledger, clock, ask(ledger, clock, published(ledger)))
    assert "approved: digits-1 --to production, ona resume digits-1" in run("status")[0]


def test_a_canary_that_was_too_quiet_is_said_with_the_three_ways_on(
    run: Run, ledger: Any, clock: Any
) -> None:
    waiting = say_yes(ledger, clock, ask(ledger, clock, published(ledger)))
    quiet = canary(waiting, findings=(DOUBT,))
    with ledger.writing() as writing:
        judged = CanaryJudged(writing.keep(encode(quiet)), quiet.verdict)
    write(ledger, waiting, RolloutStarted(), judged)
    said = run("status")[0]
    assert "rolling out: digits-1 --to production, its canary serves, with too few requests" in said
    for way in ("resume digits-1", "waive digits --finding canary-undecided", "rollback digits --env"):
        assert f"ona {way}" in said
    assert f"canary for {waiting.id} inconclusive" in run("show", "digits-1")[0]


def test_show_tells_gates_findings_and_decisions(run: Run, ledger: Any, clock: Any) -> None:
    say_no(ledger, clock, ask(ledger, clock, published(ledger, doubt=True)))
    said, notes = run("show", "digits")
    assert said.startswith("digits-1  published\nmodel      digits from HEAD, commit c0ffee\n")
    assert "note       better at sevens" in said
    assert "few-rows: evaluation.csv: wanted 100 rows, found 12" in said
    assert "production  rejected  " in said
    assert "decided by approver at 2026-11-23 12:00:00 UTC" in said
    assert "reason: sevens are wrong" in said
    assert notes == ""


def test_history_at_a_time_is_what_served_then(run: Run, ledger: Any, clock: Any) -> None:
    for name in ("digits-1", "digits-2"):
        roll_out(ledger, say_yes(ledger, clock, ask(ledger, clock, published(ledger, name))))
        clock.pass_(hours=2)
    rows = [line.split("\t") for line in run("history", "digits")[0].splitlines()]
    assert [(row[1], row[3]) for row in rows] == [
        ("2026-11-23 14:00:00", "digits-1"),
        ("now", "digits-2"),
    ]
    assert "digits-1" in run("history", "--at", "2026-11-23T13:00")[0]
    assert run("history", "--at", "2026-11-22") == ("", "nothing was served\n")


def test_history_tells_a_program_by_whose_approval_of_what_and_on_what_evidence(
    run: Run, ledger: Any, clock: Any
) -> None:
    live = roll_out(ledger, say_yes(ledger, clock, ask(ledger, clock, published(ledger))))
    (span,) = json.loads(run("history", "--env", "production", "--at", "2026-11-23T12:00", "--json")[0])
    assert (span["promotion"], span["approved_by"], span["approval"]) == (live.id, "approver", "seen")
    assert span["binding"] == live.binding.digest
    assert span["evidence"] == {**live.binding.evidence, "roll out": live.rollout}


@pytest.mark.parametrize("arguments", [("status",), ("show", "digits-1"), ("history",)])
def test_json_is_one_line_and_no_notes(run: Run, ledger: Any, clock: Any, arguments: tuple[str, ...]) -> None:
    ask(ledger, clock, published(ledger))
    said, notes = run(*arguments, "--json")
    assert json.loads(said) is not None
    assert said.count("\n") == 1
    assert notes == ""


def test_what_a_living_process_is_at_work_on_is_told_from_what_one_left(
    run: Run, ledger: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(ledger, say_yes(ledger, clock, ask(ledger, clock, published(ledger))), RolloutStarted())
    with ledger.writing() as writing:
        asked = ReleaseRequested("digits", Origins("git", "HEAD", "c0ffee"), "c0ffee", "production")
        writing.append(asked, model="digits", subject="digits-2", actor=RELEASER)
    lend(ledger, Lease("digits-2", "1f" * 16, "releaser on build-3, process 4711"))
    lend(ledger, Lease("digits@production", "2e" * 16, "approver on build-4, process 12"))

    beats = count(1)

    def beat(_: float) -> None:
        lend(ledger, Lease("digits-2", "1f" * 16, "releaser on build-3, process 4711", next(beats)))

    monkeypatch.setattr(queries, "status", partial(queries.status, sleep=beat))
    said = run("status")[0]
    assert (
        "rolling out: digits-1 --to production, left by approver on build-4, process 12: ona resume" in said
    )
    assert "unfinished: digits-2 at the start, releaser on build-3, process 4711 is at work on it" in said
    works = json.loads(run("status", "--json")[0])["works"]
    assert [(work["subject"], work["living"]) for work in works] == [
        ("digits-2", True),
        ("digits@production", False),
    ]


def test_who_has_said_yes_is_told_while_it_waits_and_afterwards(run: Run, ledger: Any, clock: Any) -> None:
    people = People({"second": Person(logins=("approver-b",))})
    two = EnvironmentPolicy(quorum=2, people=people)
    waiting = ask(ledger, clock, published(ledger), policy=two)
    assert "0 of 2 said yes: nobody yet" in run("status")[0]
    say_yes(ledger, clock, waiting, policy=two)
    assert "1 of 2 said yes: approver" in run("status")[0]
    assert json.loads(run("status", "--json")[0])["waiting"][0]["endorsements"][0]["reason"] == "seen"
    roll_out(ledger, say_yes(ledger, clock, waiting, actor=Actor("approver-b"), policy=two))
    said = run("show", "digits-1")[0]
    assert "yes of approver at 2026-11-23 12:00:00 UTC: seen" in said
    assert "decided by approver-b, who is second, at 2026-11-23 12:00:00 UTC" in said
    assert "approver, approver-b" in run("history")[0]
