"""Eight processes that write at the same moment: each event has its number, and none is lost."""

from collections.abc import Callable
from typing import Any

from ona_pipeline.ledger.sql import SqlLedger, open_ledger
from tests.contract.ledger.processes import at_once
from tests.contract.ledger.test_ledger_contract import request
from tests.fakes.clock import FakeClock

PROCESSES = 8
EACH = 6


def write(url: str, name: str, gate: Any, answers: Any) -> None:
    ledger = open_ledger(url, clock=FakeClock())
    gate.wait()
    for number in range(EACH):
        request(ledger, f"{name}-{number}")
    answers.put(name)


def test_none_of_what_eight_processes_write_at_once_is_lost(url: str, real: Callable[[], SqlLedger]) -> None:
    names = [f"digits-{letter}" for letter in "abcdefgh"]
    assert at_once(write, *((url, name) for name in names)) == names
    with real().reading() as reading:
        events = reading.events()
    assert [event.sequence for event in events] == list(range(1, PROCESSES * EACH + 1))
    assert {event.subject for event in events} == {f"{n}-{number}" for n in names for number in range(EACH)}
    assert real().verify().findings == ()
