"""Several people's yes: each counts once, and can be taken back."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from ona_pipeline.records import promotion
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.history import TransitionError
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.promotion_facts import Approved, Endorsed, PromotionRequested, Unendorsed
from tests.unit.records.bindings import BINDING

AT = datetime(2026, 11, 23, tzinfo=UTC)
YES = Endorsed(BINDING.digest, "seen")


class Said(msgspec.Struct):
    fact: Any
    actor: Actor
    at: datetime = AT
    sequence: int = 1


def after(*said: Said) -> Promotion:
    asked = Said(PromotionRequested("digits", BINDING, AT), Actor("releaser"))
    found = promotion.replay("p", [asked, *said])
    assert found is not None
    return found


def test_a_yes_that_does_not_decide_leaves_it_waiting_and_is_kept_with_who_and_why() -> None:
    waiting = after(Said(YES, Actor("approver-a")))
    assert waiting.phase is PromotionPhase.AWAITING
    assert [(said.who, said.at, said.reason) for said in waiting.endorsements] == [("approver-a", AT, "seen")]


def test_the_deciding_yes_comes_beside_the_others() -> None:
    decided = after(Said(YES, Actor("approver-a")), Said(Approved(BINDING.digest), Actor("approver-b")))
    assert decided.phase is PromotionPhase.APPROVED
    assert [said.who for said in decided.endorsements] == ["approver-a"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Said(YES, Actor("approver-a")), Said(YES, Actor("approver-a"))),
        (Said(YES, Actor("approver-a")), Said(YES, Actor("root", behind="approver-a"))),
        (
            Said(msgspec.structs.replace(YES, person="a"), Actor("first-login")),
            Said(msgspec.structs.replace(YES, person="a"), Actor("second-login")),
        ),
    ],
    ids=["login", "sudo", "person"],
)
def test_nobody_says_yes_twice(first: Said, second: Said) -> None:
    with pytest.raises(TransitionError, match="has said yes already"):
        after(first, second)


def test_a_yes_is_taken_back_by_whose_it_is_and_by_no_other() -> None:
    both = (Said(YES, Actor("approver-a")), Said(YES, Actor("approver-b")))
    left = after(*both, Said(Unendorsed("not yet"), Actor("approver-a")))
    assert [said.who for said in left.endorsements] == ["approver-b"]
    assert after(*both, Said(Unendorsed("not yet"), Actor("approver-a")), both[0]).endorsements[-1].who == (
        "approver-a"
    )


def test_the_requester_is_in_whose_name_it_was_asked() -> None:
    fact = PromotionRequested("digits", BINDING, AT, requester=Actor("releaser"))
    found = promotion.replay("p", [Said(fact, Actor("runner", via="job"))])
    assert found is not None
    assert found.by == Actor("releaser")
