"""`ona waive` and `ona unwaive`: what is said, and as JSON the record."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ona_pipeline.cli import app, waive
from ona_pipeline.policy import EnvironmentPolicy, Policy, WaiverPolicy
from ona_pipeline.signing import Signing
from ona_pipeline.waivers import Waivers
from tests.fakes.releases import APPROVER

WHERE = ("digits", "--finding", "frozen", "--env", "production")


@pytest.fixture(autouse=True)
def _opened(ledger: Any, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    waivers = WaiverPolicy(by=("approver",), findings=("frozen",))
    policy = Policy(environments={"production": EnvironmentPolicy(waivers=waivers)})
    made = Waivers(
        policy=lambda: policy,
        ledger=ledger,
        clock=clock,
        actor=APPROVER,
        signing=Signing(folder=Path("/")),
    )
    monkeypatch.setattr(waive, "start", lambda: SimpleNamespace(waivers=made))


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["ona", *arguments])
    with pytest.raises(SystemExit) as end:
        app.main()
    captured = capsys.readouterr()
    return int(end.value.code or 0), captured.out, captured.err


def test_says_what_is_waived_where_and_until_when_and_what_no_longer_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = run(monkeypatch, capsys, "waive", *WHERE, "--for", "2h", "--reason", "outage")
    assert said == (0, "frozen is waived for digits in production until 2026-11-23 14:00 UTC\n", "")
    over = run(monkeypatch, capsys, "unwaive", *WHERE, "--reason", "over")
    assert over == (0, "frozen is no longer waived for digits in production\n", "")


def test_json_is_the_record(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _, said, _ = run(monkeypatch, capsys, "waive", *WHERE, "--for", "2h", "--reason", "outage", "--json")
    waiver = json.loads(said)
    assert (waiver["by"]["login"], waiver["fact"]["finding"]) == ("approver", "frozen")
    _, said, _ = run(monkeypatch, capsys, "unwaive", *WHERE, "--reason", "over", "--json")
    assert json.loads(said) == [waiver]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((*WHERE, "--for", "2h"), 2, "a waiver needs a reason"),
        ((*WHERE, "--for", "soon", "--reason", "outage"), 2, "wanted a duration such as 30s"),
        (
            ("digits", "--finding", "digest-mismatch", "--env", "production", "--for", "2h", "--reason", "x"),
            3,
            "digest-mismatch can never be waived",
        ),
        ((*WHERE, "--reason", "outage"), 2, "--for"),
    ],
)
def test_what_cannot_be_meant_or_is_not_allowed_has_its_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    found, answer, notes = run(monkeypatch, capsys, "waive", *arguments)
    assert (found, answer) == (code, "")
    assert said in notes
