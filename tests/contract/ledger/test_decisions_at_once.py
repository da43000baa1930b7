from collections.abc import Callable
from typing import Any

from ona_pipeline.errors import RefusedError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.sql import SqlLedger, open_ledger
from ona_pipeline.policy import EnvironmentPolicy, People, Person
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.waiver import Unwaived
from tests.contract.ledger.processes import at_once
from tests.fakes.clock import FakeClock
from tests.fakes.releases import APPROVER, binding, published, waive
from tests.fakes.requests import ask, now, say_no, say_yes


def decide(url: str, login: str, yes: bool, gate: Any, answers: Any) -> None:
    """What `ona approve` or `ona reject` does at one of two terminals."""
    ledger, clock = open_ledger(url, clock=FakeClock()), FakeClock()
    promotion = _known(ledger)
    gate.wait()
    try:
        (say_yes if yes else say_no)(ledger, clock, promotion, actor=Actor(login))
        answers.put("decided")
    except RefusedError as error:
        answers.put(error.message)


def _known(ledger: SqlLedger) -> Promotion:
    with ledger.reading() as reading:
        return histories.promotions(reading)[0]


def test_of_two_approvers_at_once_one_wins_and_the_other_is_told_who(
    url: str, real: Callable[[], SqlLedger]
) -> None:
    promotion = ask(real(), FakeClock(), published(real()))
    won, told = at_once(decide, (url, "approver-a", True), (url, "approver-b", True))
    decided = now(real(), promotion)
    assert won == "decided"
    assert decided.phase is PromotionPhase.APPROVED
    assert decided.decided_by is not None
    assert f"was approved by {decided.decided_by.login}" in told


def test_of_a_yes_and_a_no_at_once_one_wins_and_the_other_is_told_who(
    url: str, real: Callable[[], SqlLedger]
) -> None:
    promotion = ask(real(), FakeClock(), published(real()))
    won, told = at_once(decide, (url, "approver-a", True), (url, "approver-b", False))
    decided = now(real(), promotion)
    assert won == "decided"
    assert decided.decided_by is not None
    word = "approved" if decided.phase is PromotionPhase.APPROVED else "rejected"
    assert f"was {word} by {decided.decided_by.login}" in told


PAIR = EnvironmentPolicy(
    quorum=2,
    people=People({"a": Person(logins=("approver-a", "admin-a")), "b": Person(logins=("approver-b",))}),
)


def say_yes_of_two(url: str, login: str, gate: Any, answers: Any) -> None:
    """What `ona approve` does at one of two terminals where two people have to say yes."""
    ledger, clock = open_ledger(url, clock=FakeClock()), FakeClock()
    promotion = _known(ledger)
    gate.wait()
    try:
        answers.put(say_yes(ledger, clock, promotion, actor=Actor(login), policy=PAIR).phase.value)
    except RefusedError as error:
        answers.put(error.message)


def test_of_two_people_at_once_one_endorses_and_the_other_decides(
    url: str, real: Callable[[], SqlLedger]
) -> None:
    promotion = ask(real(), FakeClock(), published(real()), policy=PAIR)
    told = at_once(say_yes_of_two, (url, "approver-a"), (url, "approver-b"))
    assert told == ["approved", "awaiting approval"]
    assert len(now(real(), promotion).endorsements) == 1


def test_of_one_person_at_two_terminals_one_yes_counts(url: str, real: Callable[[], SqlLedger]) -> None:
    promotion = ask(real(), FakeClock(), published(real()), policy=PAIR)
    told, waits = at_once(say_yes_of_two, (url, "approver-a"), (url, "admin-a"))
    assert told.startswith("a said yes to digits-1.production.1 at ")
    assert waits == "awaiting approval"
    assert now(real(), promotion).phase is PromotionPhase.AWAITING


def test_a_yes_to_what_was_waived_is_void_where_the_waiver_was_revoked_meanwhile(
    url: str, real: Callable[[], SqlLedger]
) -> None:
    release, waiver = published(real()), waive(real(), "expectation-unmet")
    bound = binding(real(), release, waivers=(waiver.digest,))
    promotion = ask(real(), FakeClock(), release, bound=bound)
    with real().writing() as writing:
        over = Unwaived(waiver.digest, "mended")
        writing.append(over, model="digits", subject=waiver.subject, actor=APPROVER)
    voided = say_yes(real(), FakeClock(), promotion, current=bound)
    assert voided.phase is PromotionPhase.VOID
    assert voided.reason == f"waivers: wanted {waiver.digest}, found nothing"
