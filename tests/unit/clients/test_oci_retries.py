from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from ona_pipeline.clients.oci_retries import BusyRegistryError, Patience, asked_to_wait_s
from ona_pipeline.errors import BackendError


class Calls:
    """Fails with each of the errors once, and then answers."""

    def __init__(self, *errors: BackendError) -> None:
        self.errors = list(errors)
        self.made = 0

    def __call__(self) -> str:
        self.made += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


@pytest.fixture(name="slept", autouse=True)
def _slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", slept.append)
    return slept


def test_what_may_help_is_repeated_with_longer_and_longer_waits(slept: list[float]):
    calls = Calls(*(BackendError("broke", retryable=True) for _ in range(2)))
    assert Patience(attempts=3, pause_s=0.2).repeated(calls) == "answer"
    assert slept == [0.2, 0.4]


def test_what_will_not_help_is_not_repeated():
    calls = Calls(BackendError("may not"))
    with pytest.raises(BackendError, match="may not"):
        Patience().repeated(calls)
    assert calls.made == 1


def test_the_failure_of_the_last_attempt_stands():
    calls = Calls(*(BackendError(f"attempt {number}", retryable=True) for number in range(3)))
    with pytest.raises(BackendError, match="attempt 2"):
        Patience(attempts=3).repeated(calls)


def test_a_registry_is_given_the_time_that_it_asks_for(slept: list[float]):
    assert Patience().repeated(Calls(BusyRegistryError("busy", wait_s=7.0))) == "answer"
    assert slept == [7.0]


def test_a_registry_that_asks_for_an_hour_is_given_up_at_once(slept: list[float]):
    calls = Calls(BusyRegistryError("busy", wait_s=3600.0))
    with pytest.raises(BackendError, match="busy") as caught:
        Patience(longest_wait_s=30.0).repeated(calls)
    assert caught.value.retryable
    assert (calls.made, slept) == (1, [])


@pytest.mark.parametrize("said", ["", "soon", "-1", "1.5", "\u0663"])
def test_what_cannot_be_read_as_a_time_is_no_time(said: str):
    assert asked_to_wait_s({"Retry-After": said}) == 0.0


def test_retry_after_is_seconds_or_a_date():
    assert asked_to_wait_s({"Retry-After": "120"}) == 120.0
    then = datetime.now(UTC) + timedelta(seconds=90)
    assert 80 < asked_to_wait_s({"Retry-After": format_datetime(then, usegmt=True)}) <= 90
    assert asked_to_wait_s({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0
