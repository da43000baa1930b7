"""Ledgers that earlier versions wrote are read for ever; their files are never written again."""

import shutil
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from ona_pipeline.ledger import histories
from ona_pipeline.ledger.audit import audit
from ona_pipeline.ledger.chain import Row, opened, seal
from ona_pipeline.ledger.sql import open_ledger
from ona_pipeline.records.canonical import decode, encode
from ona_pipeline.records.event import Entry, Event, Fact
from ona_pipeline.records.promotion import PromotionPhase
from ona_pipeline.records.release import ReleasePhase
from tests.fakes.clock import FakeClock

VERSIONS = sorted(path for path in Path(__file__).parent.iterdir() if (path / "ledger.db").exists())


@pytest.fixture(params=VERSIONS, ids=lambda path: path.name)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    copied: Path = shutil.copytree(request.param, tmp_path / "ledger")
    return copied


def lines(folder: Path) -> list[bytes]:
    return (folder / "events.jsonl").read_bytes().splitlines(keepends=True)


def row(line: bytes) -> Row:
    event = decode(line, Event)
    return seal(Entry(**{name: getattr(event, name) for name in Entry.__struct_fields__}))[1]


def codes(rows: list[Row]) -> list[str]:
    """What an audit finds wrong with the chain alone."""
    findings = audit(map(opened, rows), ()).findings
    return [finding.code for finding in findings if finding.code != "evidence-missing"]


def test_there_is_a_ledger_of_the_first_version() -> None:
    assert "0.1.0" in [path.name for path in VERSIONS]


def test_every_event_is_read_and_is_the_same_text_again(folder: Path) -> None:
    for line in lines(folder):
        assert encode(decode(line, Event)) + b"\n" == line


def test_the_chain_holds_with_the_digests_of_that_time(folder: Path) -> None:
    rows = [row(line) for line in lines(folder)]
    assert [found.digest for found in rows] == [decode(line, Event).digest for line in lines(folder)]
    assert codes(rows) == []


def test_the_database_is_whole_and_says_the_same(folder: Path) -> None:
    ledger = open_ledger(f"sqlite:///{folder}/ledger.db", clock=FakeClock())
    assert ledger.verify().findings == ()
    with ledger.reading() as reading:
        assert [encode(event) + b"\n" for event in reading.events()] == lines(folder)


def test_it_is_replayed_to_the_states_of_that_time(folder: Path) -> None:
    with open_ledger(f"sqlite:///{folder}/ledger.db", clock=FakeClock()).reading() as reading:
        phases = {promotion.id: promotion.phase for promotion in histories.promotions(reading)}
        champion = histories.champion(reading, "digits", "production")
        releases = {release.phase for release in histories.releases(reading)}
    assert set(phases.values()) | {PromotionPhase.IN_LINE} == set(PromotionPhase) - {
        PromotionPhase.APPROVED,
        PromotionPhase.ROLLING_OUT,
        PromotionPhase.REPLACED,
    }
    assert champion is not None
    assert champion.id == "digits-1.production.1"
    assert releases == set(ReleasePhase)


def test_the_newest_golden_ledger_has_one_of_every_fact() -> None:
    written = {type(decode(line, Event).fact) for line in lines(VERSIONS[-1])}
    assert {kind.__name__ for kind in written} == {kind.__name__ for kind in get_args(Fact)}


def test_new_events_follow_the_old_ones(folder: Path) -> None:
    ledger = open_ledger(f"sqlite:///{folder}/ledger.db", clock=FakeClock())
    first = decode(lines(folder)[0], Event)
    with ledger.writing() as writing:
        writing.append(first.fact, model="digits", subject="digits-new", actor=first.actor)
    assert ledger.verify().findings == ()


def test_a_line_of_a_golden_ledger_that_is_changed_is_noticed(folder: Path) -> None:
    rows = [row(line) for line in lines(folder)]
    other = msgspec.json.encode("x").decode()
    assert codes([rows[0]._replace(body=other), *rows[1:]])[0] == "event-changed"
