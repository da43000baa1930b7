"""What is told on the way."""

import pytest

from ona_pipeline.cli.progress import LiveWatcher, PlainWatcher, summary, watcher
from ona_pipeline.records.evidence import InstanceAnswer, RolloutEvidence
from tests.fakes.releases import AT, digest, road


def test_each_stage_says_that_it_began_and_how_it_ended(capsys: pytest.CaptureFixture[str]) -> None:
    plain = PlainWatcher()
    for stage, evidence in road("digits-1", doubt=True).items():
        plain.begins(stage)
        plain.ends(stage, evidence)
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert lines[0] == "… verify"
    assert lines[1].startswith("✓ verify ")
    assert lines[1].endswith(f" s  5 files, skops, model {digest('digits-1').short}")
    assert lines[5].startswith("? validate ")


def test_every_kind_of_evidence_has_a_summary_of_its_own() -> None:
    said = [summary(evidence) for evidence in road("digits-1").values()]
    assert said[1] == "runtime known, sklearn.svm.SVC"
    assert said[2] == "360 rows, accuracy 0.9700"
    assert said[3] == "0 MiB, 0.00 MiB new"
    assert said[4].endswith("first answer after 1.0 s")


def test_a_rollout_is_summed_up_by_its_answers() -> None:
    image = road("digits-1")["publish"].image  # type: ignore[attr-defined]
    answer = InstanceAnswer("pod", image.digest, "digits-1", right=True)
    evidence = RolloutEvidence(
        subject=digest("digits-1"),
        started_at=AT,
        finished_at=AT,
        target="docker",
        image=image,
        objects=digest("objects"),
        instances=(answer,),
        restored=None,
        address="http://model.example",
    )
    assert summary(evidence) == "1 answers, http://model.example"


def test_piped_it_is_plain_and_at_a_terminal_it_moves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert type(watcher()) is PlainWatcher
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert type(watcher()) is LiveWatcher


def test_the_moving_watcher_says_the_same_and_takes_words_literally(
    capsys: pytest.CaptureFixture[str],
) -> None:
    live = LiveWatcher()
    live.begins("verify")
    live.ends("verify", road("digits-1")["verify"])
    live.says("[bold]pod[/bold] is on its way")
    said = capsys.readouterr().err
    assert "✓ verify" in said
    assert "[bold]pod[/bold] is on its way" in said
