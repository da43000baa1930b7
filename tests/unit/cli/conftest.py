from types import SimpleNamespace
from typing import Any

import pytest

from ona_pipeline.approve.review import review
from ona_pipeline.records.promotion import Promotion
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.releases import MANUAL
from tests.fakes.requests import say_no, say_yes


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def ledger(clock: FakeClock) -> FakeLedger:
    return FakeLedger(clock=clock)


@pytest.fixture
def ona(ledger: FakeLedger, clock: FakeClock) -> Any:
    """What a command calls, over the fake ledger: decisions are real, nothing is rolled out."""

    def seen(promotion: Promotion) -> Any:
        with ledger.reading() as reading:
            return review(reading, promotion, policy=MANUAL, now=clock())

    promotions = SimpleNamespace(
        approve=lambda promotion, *, reason: say_yes(ledger, clock, promotion),
        reject=lambda promotion, *, reason: say_no(ledger, clock, promotion, reason=reason),
    )
    return SimpleNamespace(ledger=ledger, promotions=promotions, review=seen)
