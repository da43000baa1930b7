"""Answers: plain and tab-separated when piped, drawn at a terminal, canonical when JSON."""

import sys

import pytest

from ona_pipeline.cli import output
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.canonical import decode, encode


def test_answers_and_notes_go_to_different_streams(capsys: pytest.CaptureFixture[str]) -> None:
    output.line("answer")
    output.note("note")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("answer\n", "note\n")


def test_a_piped_table_is_tab_separated_without_headings(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("model", "reason"), [("digits", "seen"), ("iris", "")])
    assert capsys.readouterr().out == "digits\tseen\niris\t\n"


def test_a_cell_of_a_piped_table_stays_in_its_column_and_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("reason", "by"), [("one\ttwo\nthree", "approver")])
    assert capsys.readouterr().out == "one two three\tapprover\n"


def test_a_table_at_a_terminal_has_headings_and_takes_words_literally(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    output.table(("model", "reason"), [("digits", "[red]seen[/red] [1]\x1b[31m")])
    drawn = capsys.readouterr().out
    assert "model" in drawn
    assert "[red]seen[/red] [1]" in drawn
    assert "\x1b[31m" not in drawn


def test_json_is_one_line_of_canonical_json(capsys: pytest.CaptureFixture[str]) -> None:
    actor = Actor(login="releaser", email="releaser@example.org", via="terminal")
    output.json(actor)
    written = capsys.readouterr().out
    assert written == encode(actor).decode() + "\n"
    assert written == '{"email":"releaser@example.org","login":"releaser","via":"terminal"}\n'
    assert decode(written, Actor) == actor


@pytest.mark.parametrize("text", ["\x1b[2J", "\r", "\x07", "\N{RIGHT-TO-LEFT OVERRIDE}", "\udcff", "\x9b31m"])
def test_what_could_control_a_terminal_is_replaced(text: str) -> None:
    assert output.harmless(f"a{text}b") == f"a\N{REPLACEMENT CHARACTER}{text[1:]}b"


def test_ordinary_words_of_any_language_stay() -> None:
    assert output.harmless("naïve 数字\n\t✓ …") == "naïve 数字\n\t✓ …"
