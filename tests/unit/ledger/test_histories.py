import pytest

from ona_pipeline.errors import UsageError
from ona_pipeline.ledger import histories
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.releases import hold, published


@pytest.fixture
def ledger() -> FakeLedger:
    ledger = FakeLedger(clock=FakeClock())
    published(ledger, "digits-20261123-abc")
    published(ledger, "digits-20261123-abd")
    return ledger


def found(ledger: FakeLedger, text: str) -> str:
    with ledger.reading() as reading:
        return histories.find_release(reading, text).id


def test_finds_a_release_by_the_beginning_of_its_id(ledger: FakeLedger) -> None:
    published(ledger, "wine-1")
    assert found(ledger, "wi") == "wine-1"


def test_names_the_candidates_where_the_beginning_is_not_enough(ledger: FakeLedger) -> None:
    with pytest.raises(UsageError, match="may mean any of digits-20261123-abc, digits-20261123-abd"):
        found(ledger, "digits")


def test_asks_whether_another_was_meant(ledger: FakeLedger) -> None:
    with pytest.raises(UsageError, match="no release is called") as refused:
        found(ledger, "digts-20261123-abc")
    assert refused.value.hint.startswith("did you mean digits-20261123-abc")


def test_an_exact_id_is_no_beginning_of_a_longer_one(ledger: FakeLedger) -> None:
    published(ledger, "digits-20261123-abcd")
    assert found(ledger, "digits-20261123-abc") == "digits-20261123-abc"


def test_says_that_nothing_was_released_yet() -> None:
    with pytest.raises(UsageError) as refused:
        found(FakeLedger(clock=FakeClock()), "digits")
    assert refused.value.hint == "nothing was released yet: ona release MODEL"


def test_lists_the_releases_of_one_model(ledger: FakeLedger) -> None:
    with ledger.reading() as reading:
        assert len(histories.releases(reading, model="digits")) == 2
        assert histories.releases(reading, model="wine") == []


def test_says_which_release_or_promotion_is_unknown(ledger: FakeLedger) -> None:
    with ledger.reading() as reading:
        with pytest.raises(UsageError, match="no release is called 'x'"):
            histories.release(reading, "x")
        with pytest.raises(UsageError, match="no promotion is called 'x'"):
            histories.promotion(reading, "x")


def test_a_hold_stands_until_a_person_lifts_it(ledger: FakeLedger) -> None:
    hold(ledger, "sevens are wrong")
    with ledger.reading() as reading:
        assert histories.hold(reading, "digits", "production") == "sevens are wrong (approver)"
        assert histories.hold(reading, "digits", "staging") is None
    hold(ledger, "fixed", lifted=True)
    with ledger.reading() as reading:
        assert histories.hold(reading, "digits", "production") is None
