"""How far a copy has come is kept beside the chain, and is no part of it."""

from ona_pipeline.ledger.interface import Ledger
from tests.fakes.releases import published


def test_a_cursor_begins_at_nothing_and_moves(ledger: Ledger) -> None:
    with ledger.reading() as reading:
        assert reading.cursor("mlflow") == 0
    published(ledger)
    head = ledger.verify().head
    for sequence in (3, 12):
        with ledger.writing() as writing:
            writing.move("mlflow", sequence)
        with ledger.reading() as reading:
            assert (reading.cursor("mlflow"), reading.cursor("notices")) == (sequence, 0)
    assert ledger.verify().head == head
