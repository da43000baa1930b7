"""What a rollback leaves and what it goes back to."""

import pytest

from ona_pipeline.errors import UsageError
from ona_pipeline.ledger import histories
from ona_pipeline.records.environment import way_back
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.promotion_facts import Restored, RolledBack, RolloutStarted
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.releases import digest, published, roll_out, write
from tests.fakes.requests import ask, say_yes


class Given:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ledger = FakeLedger(clock=self.clock)

    def approved(self, name: str) -> Promotion:
        self.clock.pass_(hours=1)
        return say_yes(self.ledger, self.clock, ask(self.ledger, self.clock, published(self.ledger, name)))

    def live(self, name: str) -> Promotion:
        return roll_out(self.ledger, self.approved(name))

    def way(self, release: str = "") -> tuple[str, str]:
        with self.ledger.reading() as reading:
            way = way_back(histories.promotions(reading, "digits", "production"), release)
        return way.leave.release, way.to.release


@pytest.fixture
def given() -> Given:
    return Given()


def test_back_is_what_served_last_before(given: Given) -> None:
    for name in ("one", "two", "three"):
        given.live(name)
    assert given.way() == ("three", "two")


def test_back_is_what_served_last_before_even_if_a_clock_was_wrong(given: Given) -> None:
    given.live("one")
    given.clock.pass_(days=-365)
    given.live("two")
    given.live("three")
    assert given.way() == ("three", "two")


def test_back_may_be_any_that_ever_served(given: Given) -> None:
    for name in ("one", "two", "three"):
        given.live(name)
    assert given.way("one") == ("three", "one")


def test_a_rollout_that_hangs_can_be_left(given: Given) -> None:
    given.live("one")
    write(given.ledger, given.approved("two"), RolloutStarted())
    assert given.way() == ("two", "one")


def test_after_a_rollback_back_is_what_served_most_recently(given: Given) -> None:
    one, two = given.live("one"), given.live("two")
    given.clock.pass_(hours=1)
    write(given.ledger, two, RolledBack(digest("back"), to=one.id, reason="worse"))
    write(given.ledger, one, Restored(two.id))
    assert given.way() == ("one", "two")


def test_where_nothing_serves_there_is_nothing_to_leave(given: Given) -> None:
    given.approved("one")
    with pytest.raises(UsageError, match="nothing is served there"):
        given.way()


def test_what_never_served_cannot_be_gone_back_to(given: Given) -> None:
    given.live("one")
    with pytest.raises(UsageError, match="nothing earlier ever served there beside one"):
        given.way()
    given.approved("two")
    with pytest.raises(UsageError, match="two ever served there"):
        given.way("two")
