"""Checkpoints in a real repository, of ledgers in real databases: what a chain alone cannot show."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from ona_pipeline import auditing
from ona_pipeline.auditing import Audited
from ona_pipeline.checkpoints import Checkpoints
from ona_pipeline.clients.git_checkpoints import CheckpointRef
from ona_pipeline.errors import BackendError, RefusedError
from ona_pipeline.ledger.export import lines
from ona_pipeline.ledger.sql import SqlLedger, open_ledger
from ona_pipeline.ledger.transaction import SqlReading
from ona_pipeline.noted import Notes
from ona_pipeline.policy import EnvironmentPolicy, People, Person
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.checkpoint import Checkpoint
from ona_pipeline.signing import Signing
from tests.contract.ledger.processes import at_once
from tests.contract.ledger.test_audit import approved
from tests.fakes.clock import FakeClock
from tests.fakes.releases import APPROVER, hold, published, roll_out
from tests.fakes.requests import ask
from tests.keys import Key
from tests.projects import Project

Open = Callable[[], SqlLedger]
ODD = Actor("approver <x>\n", "approver@example.org")


class Auditor:
    """A repository, a ledger, and a person with a key."""

    def __init__(self, folder: Path, real: Open) -> None:
        self.repository = Project(folder / "project")
        self.ref = CheckpointRef(self.repository.folder)
        self.key = Key(folder, "approver")
        self.real = real
        person = Person(logins=("approver",), keys=(self.key.fingerprint,))
        self.policy = EnvironmentPolicy(people=People(persons={"approver": person}))

    def checkpoints(self, *, signed: bool = False, actor: Actor = APPROVER) -> Checkpoints:
        signing = Signing(folder=Path("/"), key=str(self.key.path) if signed else "")
        return Checkpoints(self.ref, ledger=self.real(), signing=signing, clock=FakeClock(), actor=actor)

    def looks(self) -> Audited:
        return auditing.of_ledger(self.real(), notes=Notes(self.ref.all(), lambda: self.policy))

    def codes(self) -> list[str]:
        return [finding.code for finding in self.looks().refusals]

    def notes(self) -> list[str]:
        return [finding.code for finding in self.looks().findings]

    def commits(self) -> int:
        return len(self.repository.git("rev-list", "refs/ona/checkpoints").splitlines())


@pytest.fixture
def auditor(tmp_path: Path, real: Open) -> Auditor:
    return Auditor(tmp_path, real)


def put_back(url: str, copy: dict[str, list[dict[str, Any]]]) -> None:
    """Let the database hold what `copied` took from it, and nothing else."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        for table, rows in copy.items():
            connection.execute(text(f"DELETE FROM {table}"))
            for row in rows:
                values = ", ".join(f":{name}" for name in row)
                connection.execute(text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})"), row)


def copied(url: str) -> dict[str, list[dict[str, Any]]]:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return {
            table: [dict(row._mapping) for row in connection.execute(text(f"SELECT * FROM {table}"))]
            for table in ("ona_events", "ona_evidence")
        }


EMPTY: dict[str, list[dict[str, Any]]] = {"ona_events": [], "ona_evidence": []}


class TestNoticed:
    def test_nothing_where_nothing_was_done(self, auditor: Auditor) -> None:
        roll_out(auditor.real(), approved(auditor.real()))
        auditor.checkpoints(signed=True).note()
        assert auditor.looks().findings == ()
        assert (auditor.looks().checkpoints, auditor.looks().signed_by) == (1, "approver")

    def test_an_old_copy_that_was_put_back(self, auditor: Auditor, url: str) -> None:
        promotion = approved(auditor.real())
        auditor.checkpoints().note()
        old = copied(url)
        roll_out(auditor.real(), promotion)
        auditor.checkpoints().note()
        put_back(url, old)
        assert auditor.codes() == ["ledger-cut"]

    def test_a_tail_that_was_cut_and_grown_anew(self, auditor: Auditor, url: str) -> None:
        published(auditor.real())
        old = copied(url)
        hold(auditor.real())
        auditor.checkpoints().note()
        put_back(url, old)
        roll_out(auditor.real(), approved(auditor.real(), "digits-2"))
        assert auditor.codes() == ["ledger-rewritten"]

    def test_a_ledger_that_was_written_anew(self, auditor: Auditor, url: str) -> None:
        published(auditor.real())
        auditor.checkpoints().note()
        put_back(url, EMPTY)
        published(auditor.real(), "digits-2")
        assert auditor.codes() == ["ledger-rewritten", "ledger-rewritten"]

    def test_a_ledger_that_is_gone(self, auditor: Auditor, url: str) -> None:
        published(auditor.real())
        auditor.checkpoints().note()
        put_back(url, EMPTY)
        assert auditor.codes() == ["ledger-cut", "ledger-rewritten"]

    def test_all_of_it_even_where_newer_ones_were_added_after_that(self, auditor: Auditor, url: str) -> None:
        published(auditor.real())
        auditor.checkpoints(signed=True).note()
        put_back(url, EMPTY)
        published(auditor.real(), "digits-2")
        forged = auditing.of_ledger(auditor.real())
        made = Checkpoint(ledger=forged.ledger, sequence=12, digest=forged.head.digest, at=FakeClock()())
        auditor.ref.add(auditor.real().place, made.text, "", by="x <x>", at=FakeClock()())
        assert auditor.codes() == ["ledger-rewritten", "ledger-rewritten"]

    def test_a_ledger_that_has_moved_is_known_by_its_first_event(
        self, auditor: Auditor, tmp_path: Path
    ) -> None:
        promotion = approved(auditor.real())
        with auditor.real().reading() as reading:
            (tmp_path / "old.jsonl").write_bytes(b"".join(lines(reading)))
        roll_out(auditor.real(), promotion)
        auditor.checkpoints().note()
        notes = Notes(auditor.ref.all(), lambda: auditor.policy)
        audited = auditing.of_file(tmp_path / "old.jsonl", notes=notes)
        assert [finding.code for finding in audited.refusals] == ["ledger-cut"]

    def test_that_there_is_none_and_that_none_is_signed_are_said(self, auditor: Auditor) -> None:
        published(auditor.real())
        assert auditor.notes() == ["not-noted"]
        auditor.checkpoints().note()
        assert auditor.notes() == ["not-signed"]
        assert auditor.looks().is_whole


class TestSignatures:
    def test_by_a_key_that_is_nobodys(self, auditor: Auditor) -> None:
        published(auditor.real())
        auditor.checkpoints(signed=True).note()
        auditor.policy = EnvironmentPolicy()
        assert auditor.codes() == ["signature-unknown-key"]

    def test_over_other_bytes(self, auditor: Auditor) -> None:
        published(auditor.real())
        noted = auditor.checkpoints().note()
        assert noted is not None
        signing = Signing(folder=Path("/"), key=str(auditor.key.path))
        wrong = signing.signed(b"other", namespace="ona-checkpoint", is_required=False)
        auditor.ref.add("copy", noted.text, wrong, by="x <x>", at=FakeClock()())
        assert auditor.codes() == ["signature-mismatch"]

    def test_for_another_purpose(self, auditor: Auditor) -> None:
        published(auditor.real())
        noted = auditor.checkpoints().note()
        assert noted is not None
        signing = Signing(folder=Path("/"), key=str(auditor.key.path))
        wrong = signing.signed(noted.text, namespace="ona-decision", is_required=False)
        auditor.ref.add("copy", noted.text, wrong, by="x <x>", at=FakeClock()())
        assert auditor.codes() == ["signature-namespace"]

    def test_a_text_that_is_not_as_it_has_to_be(self, auditor: Auditor) -> None:
        published(auditor.real())
        noted = auditor.checkpoints().note()
        assert noted is not None
        auditor.ref.add("copy", noted.text + b" ", "", by="x <x>", at=FakeClock()())
        assert auditor.codes() == ["checkpoint-unreadable"]


class TestTheRef:
    def test_touches_neither_branch_nor_index_nor_work_tree(self, auditor: Auditor) -> None:
        published(auditor.real())
        before = auditor.repository.git("rev-parse", "HEAD")
        auditor.checkpoints().note()
        assert auditor.repository.git("status", "--porcelain") == ""
        assert auditor.repository.git("rev-parse", "HEAD") == before
        assert auditor.repository.git("fsck", "--strict", "--no-dangling") == ""

    def test_only_grows_and_notes_the_same_end_once(self, auditor: Auditor) -> None:
        published(auditor.real())
        first = auditor.checkpoints().note()
        assert auditor.checkpoints().note() == first
        published(auditor.real(), "digits-2")
        second = auditor.checkpoints(actor=ODD).note()
        assert (first and first.sequence, second and second.sequence) == (12, 24)
        assert auditor.commits() == 2

    def test_is_left_alone_where_nothing_was_decided(self, auditor: Auditor) -> None:
        ask(auditor.real(), FakeClock(), published(auditor.real()))
        auditor.checkpoints().note_decisions()
        assert auditor.ref.all() == []
        roll_out(auditor.real(), approved(auditor.real(), "digits-2"))
        auditor.checkpoints().note_decisions()
        assert len(auditor.ref.all()) == 1

    def test_notes_nothing_of_an_empty_ledger(self, auditor: Auditor) -> None:
        assert auditor.checkpoints().note() is None
        assert auditor.ref.all() == []

    def test_reads_no_history_for_the_first_one(
        self, auditor: Auditor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        approved(auditor.real())
        with monkeypatch.context() as patched:
            for whole in ("since", "events"):
                patched.delattr(SqlReading, whole)
            auditor.checkpoints().note_decisions()
        with auditor.real().reading() as reading:
            end = reading.latest()
        assert end
        assert auditor.commits() == 1
        assert auditor.checkpoints().note() == Checkpoint(
            ledger=auditor.looks().ledger, sequence=end.sequence, digest=end.digest, at=end.at
        )

    def test_refuses_to_note_a_ledger_that_is_another(self, auditor: Auditor, url: str) -> None:
        published(auditor.real())
        auditor.checkpoints().note()
        put_back(url, EMPTY)
        with pytest.raises(RefusedError, match="is not the one that was noted") as error:
            auditor.checkpoints().note()
        assert "ona ledger verify" in error.value.hint

    def test_also_knows_what_was_fetched_from_elsewhere(self, auditor: Auditor, tmp_path: Path) -> None:
        published(auditor.real())
        auditor.checkpoints().note()
        other = Project(tmp_path / "other")
        source = ("refs/ona/checkpoints:refs/ona/origin/checkpoints",)
        other.git("fetch", "--quiet", str(auditor.repository.folder), *source)
        assert CheckpointRef(other.folder).all() == auditor.ref.all()

    def test_keeps_those_of_other_ledgers(self, auditor: Auditor) -> None:
        auditor.ref.add("another", b"{}\n", "", by="x <x>", at=FakeClock()())
        published(auditor.real())
        auditor.checkpoints().note()
        assert auditor.ref.newest("another") == b"{}\n"
        assert {noted.place for noted in auditor.ref.all()} == {"another", auditor.real().place}

    def test_that_cannot_be_written_is_a_backend_error(self, auditor: Auditor) -> None:
        published(auditor.real())
        lock = auditor.repository.folder / ".git" / "refs" / "ona"
        lock.touch()
        with pytest.raises(BackendError, match="git could not update-ref"):
            auditor.checkpoints().note()


def add(folder: Path, number: int, gate: Any, answers: Any) -> None:
    """One of several writers at the same ref."""
    ref = CheckpointRef(folder)
    gate.wait()
    for turn in range(5):
        ref.add(f"place-{number}", f"{number}.{turn}".encode(), "", by="x <x>", at=FakeClock()())
    answers.put(number)


def test_of_several_writers_at_once_each_is_kept(tmp_path: Path) -> None:
    repository = Project(tmp_path / "project")
    assert at_once(add, *((repository.folder, number) for number in range(3))) == [0, 1, 2]
    kept = {noted.content.decode() for noted in CheckpointRef(repository.folder).all()}
    assert kept == {f"{number}.{turn}" for number in range(3) for turn in range(5)}


def test_a_place_is_the_same_for_every_user_and_shows_no_name(url: str, real: Open) -> None:
    other = make_url(url)
    if other.get_backend_name() == "postgresql":
        other = other.set(username="somebody-else", password="hidden")
    again = open_ledger(other.render_as_string(hide_password=False), clock=FakeClock())
    assert again.place == real().place
    assert re.fullmatch("[0-9a-f]{12}", real().place)
