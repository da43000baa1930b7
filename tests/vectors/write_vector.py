"""Writes the test vector of docs/ledger-format.md, once: `python -m tests.vectors.write_vector`."""

from pathlib import Path

from ona_pipeline.ledger.export import lines
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.releases import published, roll_out
from tests.fakes.requests import ask, say_yes

VECTOR = Path(__file__).with_name("ledger.jsonl")


def main() -> None:
    """One release, approved by a person and rolled out."""
    clock = FakeClock()
    ledger = FakeLedger(clock=clock)
    promotion = ask(ledger, clock, published(ledger, "digits-1"))
    roll_out(
        ledger, say_yes(ledger, clock, promotion, reason="die Siebenen stimmen wieder: «gesehen», \t Prüfung")
    )
    with ledger.reading() as reading:
        VECTOR.write_bytes(b"".join(lines(reading)))


if __name__ == "__main__":
    main()
