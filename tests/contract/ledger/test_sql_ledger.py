import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.pool import NullPool

from ona_pipeline.errors import BackendError
from ona_pipeline.ledger import histories, tables
from ona_pipeline.ledger.chain import Head
from ona_pipeline.ledger.sql import SqlLedger, open_ledger
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.history import TransitionError
from ona_pipeline.records.promotion import PromotionPhase
from ona_pipeline.records.promotion_facts import Approved, Rejected
from ona_pipeline.records.release_facts import ReleaseRequested
from ona_pipeline.records.snapshot import Origins
from tests.contract.ledger.processes import at_once
from tests.fakes.clock import FakeClock
from tests.fakes.releases import APPROVER, MANUAL, RELEASER, binding, published

REQUESTED = ReleaseRequested("digits", Origins("git", "HEAD", "c0ffee"), "c0ffee", "production")
Open = Callable[[], SqlLedger]


def execute(url: str, *statements: str) -> None:
    """Change a ledger behind its back."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def awaiting(ledger: SqlLedger) -> str:
    from ona_pipeline.approve.request import PromotionInput, request_promotion

    release = published(ledger)
    asked = PromotionInput(release=release, binding=binding(ledger, release), policy=MANUAL, actor=RELEASER)
    return request_promotion(asked, ledger=ledger, clock=FakeClock()).id


def race(url: str, promotion_id: str, yes: bool, gate: Any, answers: Any) -> None:
    """One of two processes that decide at once; each writes straight into the ledger."""
    ledger = open_ledger(url, clock=FakeClock())
    with ledger.reading() as reading:
        bound = histories.promotion(reading, promotion_id).binding.digest
    gate.wait()
    try:
        with ledger.writing() as writing:
            fact = Approved(bound) if yes else Rejected(bound, "no")
            writing.append(fact, model="digits", subject=promotion_id, actor=APPROVER)
        answers.put("written")
    except TransitionError:
        answers.put("refused")


def make_first(url: str, name: str, gate: Any, answers: Any) -> None:
    """One of two processes that make a ledger at once."""
    ledger = open_ledger(url, clock=FakeClock())
    gate.wait()
    with ledger.writing() as writing:
        answers.put(writing.append(REQUESTED, model="digits", subject=name, actor=RELEASER).sequence)


class TestTwoProcesses:
    def test_of_two_decisions_at_once_one_is_written_and_the_other_refused(
        self, url: str, real: Open
    ) -> None:
        promotion = awaiting(real())
        assert at_once(race, (url, promotion, True), (url, promotion, False)) == ["refused", "written"]
        with real().reading() as reading:
            phase = histories.promotion(reading, promotion).phase
        assert phase in {PromotionPhase.APPROVED, PromotionPhase.REJECTED}
        assert real().verify().findings == ()

    def test_two_that_make_the_ledger_at_once_make_one(self, url: str, real: Open) -> None:
        assert at_once(make_first, (url, "digits-1"), (url, "digits-2")) == [1, 2]
        assert real().verify().head.sequence == 2

    def test_a_process_killed_in_a_transaction_leaves_nothing(self, url: str, real: Open) -> None:
        published(real())
        script = textwrap.dedent(f"""
            import os, signal
            from ona_pipeline.ledger.sql import open_ledger
            from tests.fakes.clock import FakeClock
            from tests.fakes.releases import RELEASER
            from tests.contract.ledger.test_sql_ledger import REQUESTED
            with open_ledger({url!r}, clock=FakeClock()).writing() as writing:
                writing.append(REQUESTED, model="digits", subject="digits-2", actor=RELEASER)
                writing.keep(b"half")
                os.kill(os.getpid(), signal.SIGKILL)
        """)
        killed = subprocess.run([sys.executable, "-c", script], env=os.environ, check=False)
        assert killed.returncode == -signal.SIGKILL
        assert real().verify().head.sequence == 12
        with real().reading() as reading, pytest.raises(BackendError):
            reading.evidence(Digest.of(b"half"))
        published(real(), "digits-3")


class TestTampering:
    """Whoever has the database's password can change rows; the chain shows that they did."""

    @pytest.fixture
    def codes(self, url: str, real: Open) -> Callable[..., list[str]]:
        published(real())

        def codes(*statements: str, known: Sequence[Head] = ()) -> list[str]:
            execute(url, *statements)
            return [finding.code for finding in real().verify(known=known).findings]

        return codes

    def test_an_edited_event_is_noticed(self, codes: Callable[..., list[str]], real: Open) -> None:
        edit = "UPDATE ona_events SET body = replace(body, 'releaser', 'approver') WHERE sequence = 3"
        assert codes(edit) == ["event-changed", "chain-broken"]
        with (
            real().reading() as reading,
            pytest.raises(BackendError, match="event 3 is not what was written"),
        ):
            reading.events()

    def test_an_edited_column_is_noticed(self, codes: Callable[..., list[str]]) -> None:
        assert codes("UPDATE ona_events SET subject = 'digits-2' WHERE sequence = 3") == ["column-changed"]

    def test_a_deleted_event_is_noticed(self, codes: Callable[..., list[str]]) -> None:
        assert codes("DELETE FROM ona_events WHERE sequence = 3") == ["event-missing"]

    def test_reordered_events_are_noticed(self, codes: Callable[..., list[str]]) -> None:
        swap = ("SET sequence = 99 WHERE sequence = 3", "SET sequence = 3 WHERE sequence = 4")
        found = codes(
            *(f"UPDATE ona_events {part}" for part in (*swap, "SET sequence = 4 WHERE sequence = 99"))
        )
        assert {"chain-broken", "column-changed"} == set(found)

    def test_an_event_of_a_newer_version_is_told_as_such(
        self, codes: Callable[..., list[str]], url: str
    ) -> None:
        body = '{"fact":{"fact":"waived"}}'
        digest = Digest.of(body.encode())
        change = f"UPDATE ona_events SET body = '{body}', digest = '{digest}' WHERE sequence = 12"
        assert codes(change) == ["event-unknown"]

    def test_a_cut_tail_is_noticed_by_whoever_noted_the_end(
        self, codes: Callable[..., list[str]], real: Open
    ) -> None:
        known = [real().verify().head]
        assert codes("DELETE FROM ona_events WHERE sequence > 10", known=known) == ["ledger-cut"]

    def test_a_rewritten_ledger_is_noticed_by_whoever_noted_the_end(
        self, codes: Callable[..., list[str]], real: Open
    ) -> None:
        known = [real().verify().head]
        codes("DELETE FROM ona_events")
        published(real(), "digits-2")
        assert codes(known=known) == ["ledger-rewritten"]

    def test_changed_evidence_is_noticed(self, codes: Callable[..., list[str]], url: str, real: Open) -> None:
        with real().reading() as reading:
            kept = histories.release(reading, "digits-1").evidence["verify"]
        other = {"sqlite": "x'00'", "postgresql": "'\\x00'"}[make_url(url).get_backend_name()]
        assert codes(f"UPDATE ona_evidence SET content = {other} WHERE digest = '{kept}'") == [
            "evidence-changed"
        ]
        with real().reading() as reading, pytest.raises(BackendError, match="was changed"):
            reading.evidence(kept)

    def test_missing_evidence_is_noticed(self, codes: Callable[..., list[str]]) -> None:
        assert codes("DELETE FROM ona_evidence") == ["evidence-missing"] * 5


class TestTables:
    def test_the_steps_of_alembic_lead_to_the_tables_that_are_used(self, url: str, real: Open) -> None:
        with real().writing():
            pass
        drops = [f"DROP TABLE {name}" for name in tables.metadata.tables]
        execute(url, *drops, "DELETE FROM ona_schema")
        with real().reading() as reading:
            assert reading.events() == []
        published(real())
        with create_engine(url, poolclass=NullPool).connect() as connection:
            context = MigrationContext.configure(connection, opts={"version_table": tables.VERSION_TABLE})
            assert compare_metadata(context, tables.metadata) == []
            assert context.get_current_revision() == tables.REVISIONS[-1]

    def test_every_step_of_alembic_is_known_without_alembic(self) -> None:
        steps = ScriptDirectory(str(Path(tables.__file__).parent / "migrations")).walk_revisions()
        assert tuple(step.revision for step in reversed(list(steps))) == tables.REVISIONS

    def test_a_ledger_of_a_newer_version_is_left_alone(self, url: str, real: Open) -> None:
        published(real())
        execute(url, "UPDATE ona_schema SET version_num = '9999'")
        with pytest.raises(BackendError, match="newer version of ona: its tables are 9999"), real().reading():
            pass
        with pytest.raises(BackendError, match="newer version"), real().writing():
            pass

    def test_reading_where_nothing_was_written_makes_no_tables(self, url: str, real: Open) -> None:
        with real().reading() as reading:
            assert reading.events() == []
        if make_url(url).get_backend_name() == "postgresql":
            assert inspect(create_engine(url, poolclass=NullPool)).get_table_names() == []
        else:
            assert not Path(str(make_url(url).database)).exists()


class TestPostgresql:
    pytestmark = pytest.mark.postgresql

    def test_shares_a_database_with_other_tables(self, postgresql_url: str) -> None:
        execute(
            postgresql_url, "CREATE TABLE alembic_version (version_num text)", "CREATE TABLE runs (id int)"
        )
        assert published(open_ledger(postgresql_url, clock=FakeClock())).id == "digits-1"

    def test_says_that_the_database_is_not_there(self, postgresql_url: str) -> None:
        url = make_url(postgresql_url).set(database="ona_test_none").render_as_string(hide_password=False)
        with (
            pytest.raises(BackendError, match="is not there") as refused,
            open_ledger(url, clock=FakeClock()).reading(),
        ):
            pass
        assert not refused.value.retryable

    def test_says_that_a_table_may_not_be_written(self, postgresql_url: str) -> None:
        published(open_ledger(postgresql_url, clock=FakeClock()))
        database = make_url(postgresql_url).database
        execute(postgresql_url, f"ALTER DATABASE {database} SET default_transaction_read_only = on")
        with pytest.raises(BackendError, match="cannot be written to") as refused:
            published(open_ledger(postgresql_url, clock=FakeClock()), "digits-2")
        assert not refused.value.retryable

    def test_says_that_the_server_is_not_there_and_may_come_back(self) -> None:
        ledger = open_ledger("postgresql://ona:hidden@127.0.0.1:1/ona", clock=FakeClock())
        with pytest.raises(BackendError, match="cannot be reached") as refused, ledger.reading():
            pass
        assert refused.value.retryable
        assert "hidden" not in str(refused.value)
