"""PostgreSQL restarted, connections cut, answers lost: nothing is written twice, nothing said is lost."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from ona_pipeline.errors import BackendError
from ona_pipeline.ledger.leases import Leases
from ona_pipeline.ledger.sql import SqlLedger, open_ledger
from ona_pipeline.records.release_facts import StageStarted
from tests.contract.ledger.test_ledger_contract import request
from tests.contract.ledger.wire import Wire
from tests.fakes.clock import FakeClock
from tests.fakes.releases import RELEASER, published

END_THE_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND datname = current_database()"""

pytestmark = pytest.mark.postgresql


@pytest.fixture
def wire(postgresql_url: str) -> Iterator[Wire]:
    url = make_url(postgresql_url)
    wire = Wire((url.host or "127.0.0.1", url.port or 5432))
    yield wire
    wire.down()


@pytest.fixture
def ledger(postgresql_url: str, wire: Wire, tmp_path: Path) -> SqlLedger:
    """The ledger, over the wire; it holds one release already."""
    url = make_url(postgresql_url).set(port=wire.port)
    if passfile := url.query.get("passfile"):
        copied = tmp_path / "pgpass"
        copied.write_text(
            Path(str(passfile)).read_text().replace(f":{make_url(postgresql_url).port}:", ":*:")
        )
        copied.chmod(0o600)
        url = url.update_query_dict({"passfile": str(copied)})
    ledger = open_ledger(url.render_as_string(hide_password=False), clock=FakeClock())
    published(ledger)
    return ledger


def names(ledger: SqlLedger) -> list[str]:
    with ledger.reading() as reading:
        return [event.subject for event in reading.events() if event.subject != "digits-1"]


def begin(ledger: SqlLedger, name: str) -> None:
    request(ledger, name)


def keep_two(ledger: SqlLedger, between: Callable[[], None]) -> None:
    """One transaction, in the middle of which something happens."""
    with ledger.writing() as writing:
        writing.keep(b"half")
        between()
        writing.keep(b"the other half")


def test_a_server_that_is_restarted_in_between_is_waited_for(ledger: SqlLedger, wire: Wire) -> None:
    wire.down()
    threading.Timer(1.5, wire.up).start()
    begin(ledger, "digits-2")
    assert names(ledger) == ["digits-2"]
    assert ledger.verify().findings == ()


def test_a_server_that_stays_away_is_told_after_a_while_and_nothing_was_written(
    ledger: SqlLedger, wire: Wire
) -> None:
    wire.down()
    with pytest.raises(BackendError, match="cannot be reached") as failure:
        begin(ledger, "digits-2")
    assert failure.value.retryable
    wire.up()
    assert names(ledger) == []


def test_a_connection_that_is_cut_within_a_transaction_leaves_nothing_of_it(
    ledger: SqlLedger, wire: Wire
) -> None:
    with pytest.raises(BackendError, match="cannot be reached") as failure:
        keep_two(ledger, wire.cut)
    assert failure.value.retryable
    begin(ledger, "digits-2")
    assert ledger.verify().head.sequence == 13


@pytest.mark.parametrize("is_passed_on", [True, False], ids=["answer lost", "question lost"])
def test_a_commit_without_an_answer_is_looked_up_and_written_exactly_once(
    ledger: SqlLedger, wire: Wire, is_passed_on: bool
) -> None:
    wire.at_commit = lambda: is_passed_on
    begin(ledger, "digits-2")
    assert wire.at_commit is None
    assert names(ledger) == ["digits-2"]
    audit = ledger.verify()
    assert (audit.head.sequence, audit.findings) == (13, ())


def test_a_lost_commit_is_not_repeated_after_somebody_elses_word(
    ledger: SqlLedger, wire: Wire, postgresql_url: str
) -> None:
    other = open_ledger(postgresql_url, clock=FakeClock())

    def meanwhile() -> bool:
        with create_engine(postgresql_url, poolclass=NullPool).begin() as connection:
            connection.execute(text(END_THE_OTHERS))
        begin(other, "digits-other")
        return False

    wire.at_commit = meanwhile
    with pytest.raises(BackendError, match="written to before a lost commit could be repeated") as failure:
        begin(ledger, "digits-2")
    assert failure.value.retryable
    assert names(ledger) == ["digits-other"]


def test_a_lost_commit_is_repeated_only_under_the_same_lease(ledger: SqlLedger, wire: Wire) -> None:
    with Leases(ledger, holder="a").taken("digits-2") as lease:
        begin(ledger, "digits-2")
        wire.at_commit = lambda: False
        with ledger.writing(lease) as writing:
            writing.append(StageStarted("verify"), model="digits", subject="digits-2", actor=RELEASER)
    assert names(ledger) == ["digits-2", "digits-2"]
    assert ledger.verify().findings == ()


def test_a_writer_that_is_paused_does_not_keep_the_others_out(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ona_pipeline.ledger.postgresql.LOCK_TIMEOUT_MS", 1000)
    with pytest.raises(BackendError) as failure:
        keep_two(ledger, lambda: time.sleep(2))
    assert failure.value.retryable
    begin(ledger, "digits-2")
    assert names(ledger) == ["digits-2"]
