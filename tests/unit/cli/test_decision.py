"""The question, and which request it is about."""

from typing import Any

import pytest
import typer

from ona_pipeline.cli import decision
from ona_pipeline.errors import UsageError
from ona_pipeline.records.promotion import PromotionPhase
from tests.fakes.releases import published
from tests.fakes.requests import ask, now, say_no, say_yes


def answering(monkeypatch: pytest.MonkeyPatch, answer: bool | BaseException) -> list[str]:
    asked: list[str] = []

    def confirm(text: str, **_: object) -> bool:
        asked.append(text)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr(typer, "confirm", confirm)
    return asked


def test_yes_approves(ona: Any, ledger: Any, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, answer=True)
    assert decision.ask(ona, ask(ledger, clock, published(ledger))).phase is PromotionPhase.APPROVED
    assert asked == ["release to production?"]


def test_who_may_not_decide_is_not_asked(
    ona: Any, ledger: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(monkeypatch, answer=True)
    waiting = ask(ledger, clock, published(ledger))
    ona.promotions.may_decide = lambda _: False
    assert decision.offer(ona, waiting) == waiting
    assert asked == []
    ona.promotions.may_decide = lambda _: True
    assert decision.offer(ona, waiting).phase is PromotionPhase.APPROVED


def test_no_leaves_it_waiting_and_says_so(
    ona: Any, ledger: Any, clock: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(monkeypatch, answer=False)
    promotion = ask(ledger, clock, published(ledger))
    assert decision.ask(ona, promotion) == promotion
    assert "still waiting" in capsys.readouterr().err
    assert now(ledger, promotion).phase is PromotionPhase.AWAITING


def test_no_may_go_on_to_a_rejection_with_a_reason(
    ona: Any, ledger: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False, True])
    asked: list[str] = []

    def confirm(question: str, **_: object) -> bool:
        asked.append(question)
        return next(answers)

    monkeypatch.setattr(typer, "confirm", confirm)
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: "sevens are wrong")
    promotion = ask(ledger, clock, published(ledger))
    rejected = decision.ask(ona, promotion)
    assert (rejected.phase, rejected.reason) == (PromotionPhase.REJECTED, "sevens are wrong")
    assert asked == ["release to production?", "reject it, for good?"]


def test_ctrl_c_at_the_question_is_an_interruption(
    ona: Any, ledger: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, typer.Abort())
    promotion = ask(ledger, clock, published(ledger))
    with pytest.raises(KeyboardInterrupt):
        decision.ask(ona, promotion)
    assert now(ledger, promotion).phase is PromotionPhase.AWAITING


def test_what_is_decided_is_not_asked_about(
    ona: Any, ledger: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(monkeypatch, answer=True)
    approved = say_yes(ledger, clock, ask(ledger, clock, published(ledger)))
    assert decision.ask(ona, approved) == approved
    assert asked == []


def test_the_only_request_need_not_be_named(ona: Any, ledger: Any, clock: Any) -> None:
    promotion = ask(ledger, clock, published(ledger))
    assert decision.waiting(ona, "", "") == promotion
    assert decision.waiting(ona, "digits", "") == promotion


def test_where_several_wait_they_are_listed(ona: Any, ledger: Any, clock: Any) -> None:
    release = published(ledger)
    ask(ledger, clock, release, environment="staging")
    wanted = ask(ledger, clock, release)
    with pytest.raises(UsageError, match="more than one request is waiting") as error:
        decision.waiting(ona, "", "")
    assert "\n  digits-1 --to staging\n  digits-1 --to production" in error.value.message
    assert decision.waiting(ona, "", "production") == wanted


def test_where_none_waits_it_says_so(ona: Any, ledger: Any) -> None:
    published(ledger)
    with pytest.raises(UsageError, match="no request is waiting"):
        decision.waiting(ona, "", "")
    with pytest.raises(UsageError, match="no request is waiting"):
        decision.waiting(ona, "digits-1", "")


def test_a_named_release_is_found_though_decided_so_that_deciding_twice_is_told(
    ona: Any, ledger: Any, clock: Any
) -> None:
    rejected = say_no(ledger, clock, ask(ledger, clock, published(ledger)))
    assert decision.waiting(ona, "digits-1", "") == rejected
