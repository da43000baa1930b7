"""Whether what was rolled out is what was approved, on real databases; and exports of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from ona_pipeline import auditing
from ona_pipeline.ledger.chain import seal
from ona_pipeline.ledger.export import lines
from ona_pipeline.ledger.sql import SqlLedger
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.event import Entry, Event, Fact
from ona_pipeline.records.evidence import Evidence
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.promotion_facts import (
    CanaryJudged,
    RolledBack,
    RolledOut,
    RolloutStarted,
    Superseded,
)
from ona_pipeline.records.reference import PinnedReference
from tests.fakes.clock import FakeClock
from tests.fakes.releases import (
    DOUBT,
    NOT_WELL,
    canary,
    digest,
    published,
    road,
    roll_out,
    rollout,
    write,
)
from tests.fakes.requests import ask, say_yes

Open = Callable[[], SqlLedger]


@pytest.fixture
def served(real: Open) -> Promotion:
    """A release that was approved and is served."""
    return roll_out(real(), approved(real()))


def approved(ledger: SqlLedger, name: str = "digits-1") -> Promotion:
    return say_yes(ledger, FakeClock(), ask(ledger, FakeClock(), published(ledger, name)))


def kept(ledger: SqlLedger, evidence: Evidence) -> Digest:
    with ledger.writing() as writing:
        return writing.keep(encode(evidence))


def codes(ledger: SqlLedger) -> list[str]:
    return [finding.code for finding in auditing.of_ledger(ledger).findings]


def force(ledger: SqlLedger, url: str, fact: Fact, *, subject: str) -> None:
    """Write a fact past every rule but the chain's, as somebody with the database's password can."""
    with ledger.reading() as reading:
        last: Event = reading.events()[-1]
    entry = Entry(
        sequence=last.sequence + 1,
        at=last.at,
        actor=last.actor,
        model=last.model,
        subject=subject,
        fact=fact,
        previous=last.digest,
    )
    row = seal(entry)[1]._asdict()
    columns = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text(f"INSERT INTO ona_events ({columns}) VALUES ({values})"), row)


class TestHistories:
    def test_what_ona_wrote_is_whole(self, real: Open, served: Promotion) -> None:
        second = roll_out(real(), approved(real(), "digits-2"))
        back = RolledBack(kept(real(), rollout(served.binding)), served.id, "sevens are wrong")
        write(real(), second, back)
        audited = auditing.of_ledger(real())
        assert audited.findings == ()
        assert audited.is_whole
        assert audited.events == 34

    def test_a_rollout_that_was_never_approved(self, real: Open, url: str) -> None:
        asked = ask(real(), FakeClock(), published(real()))
        force(real(), url, RolloutStarted(), subject=asked.id)
        assert codes(real()) == ["event-cannot-follow"]

    @pytest.mark.parametrize("part", ["image", "objects"])
    def test_a_rollout_of_something_else_than_was_approved(self, real: Open, url: str, part: str) -> None:
        promotion = approved(real())
        force(real(), url, RolloutStarted(), subject=promotion.id)
        other = f"registry.example/ona/digits@{digest('other')}" if part == "image" else digest("other")
        evidence = msgspec.structs.replace(rollout(promotion.binding), **{part: other})
        force(real(), url, RolledOut(kept(real(), evidence)), subject=promotion.id)
        assert codes(real()) == ["rollout-not-approved"]
        assert f"{part}: wanted" in auditing.of_ledger(real()).findings[0].sentence

    def test_a_rollout_that_was_not_well_and_is_called_live(self, real: Open, url: str) -> None:
        promotion = approved(real())
        evidence = msgspec.structs.replace(rollout(promotion.binding), findings=(NOT_WELL,))
        force(real(), url, RolloutStarted(), subject=promotion.id)
        force(real(), url, RolledOut(kept(real(), evidence)), subject=promotion.id)
        assert codes(real()) == ["rollout-not-approved"]

    def test_a_rollout_without_evidence_of_one(self, real: Open, url: str) -> None:
        promotion = approved(real())
        force(real(), url, RolloutStarted(), subject=promotion.id)
        force(real(), url, RolledOut(promotion.binding.evidence["verify"]), subject=promotion.id)
        assert codes(real()) == ["rollout-not-approved"]

    def test_a_way_back_to_something_else(self, real: Open, url: str, served: Promotion) -> None:
        second = roll_out(real(), approved(real(), "digits-2"))
        force(
            real(), url, RolledBack(kept(real(), rollout(second.binding)), served.id, "x"), subject=second.id
        )
        assert codes(real()) == ["rollout-not-approved"]

    def test_a_canary_that_passed_or_was_taken_back_is_whole(self, real: Open) -> None:
        first = approved(real())
        passed = CanaryJudged(kept(real(), canary(first)), Verdict.PASSED)
        served = RolledOut(kept(real(), rollout(first.binding)))
        write(real(), first, RolloutStarted(), passed, served)
        second = approved(real(), "digits-2")
        back = RolledBack(kept(real(), canary(second, findings=(NOT_WELL,))), first.id, "worse")
        write(real(), second, RolloutStarted(), back)
        assert codes(real()) == []

    def test_a_canary_of_something_else_than_was_approved(self, real: Open, url: str) -> None:
        promotion = approved(real())
        force(real(), url, RolloutStarted(), subject=promotion.id)
        image = PinnedReference.of("registry.example/ona/digits", digest("other"))
        other = kept(real(), msgspec.structs.replace(canary(promotion), image=image))
        force(real(), url, CanaryJudged(other, Verdict.PASSED), subject=promotion.id)
        assert codes(real()) == ["rollout-not-approved"]

    @pytest.mark.parametrize("verdict", [Verdict.PASSED, Verdict.INCONCLUSIVE])
    def test_a_canary_that_was_not_well_and_is_called_otherwise(
        self, real: Open, url: str, verdict: Verdict
    ) -> None:
        promotion = approved(real())
        force(real(), url, RolloutStarted(), subject=promotion.id)
        judged = CanaryJudged(kept(real(), canary(promotion, findings=(NOT_WELL,))), verdict)
        force(real(), url, judged, subject=promotion.id)
        assert codes(real()) == ["rollout-not-approved"]

    def test_a_rollout_after_a_canary_that_was_not_judged(self, real: Open, url: str) -> None:
        promotion = approved(real())
        force(real(), url, RolloutStarted(), subject=promotion.id)
        quiet = kept(real(), canary(promotion, findings=(DOUBT,)))
        force(real(), url, CanaryJudged(quiet, Verdict.INCONCLUSIVE), subject=promotion.id)
        force(real(), url, RolledOut(kept(real(), rollout(promotion.binding))), subject=promotion.id)
        assert codes(real()) == ["rollout-not-approved"]

    def test_what_was_begun_and_is_superseded_is_whole_only_where_its_canary_waits(
        self, real: Open, url: str
    ) -> None:
        first = approved(real())
        quiet = CanaryJudged(kept(real(), canary(first, findings=(DOUBT,))), Verdict.INCONCLUSIVE)
        write(real(), first, RolloutStarted(place="lab"), quiet, Superseded("digits-2.production.1"))
        second = approved(real(), "digits-2")
        assert codes(real()) == []
        force(real(), url, RolloutStarted(place="lab"), subject=second.id)
        force(real(), url, Superseded("digits-3.production.1"), subject=second.id)
        assert codes(real()) == ["event-cannot-follow"]

    def test_a_canary_that_was_well_and_is_called_taken_back(self, real: Open, url: str) -> None:
        promotion = approved(real())
        force(real(), url, RolloutStarted(), subject=promotion.id)
        back = RolledBack(kept(real(), canary(promotion)), "", "worse")
        force(real(), url, back, subject=promotion.id)
        assert codes(real()) == ["rollout-not-approved"]

    @pytest.mark.parametrize("part", ["image", "model", "evidence"])
    def test_a_request_that_binds_something_else_than_was_published(
        self, real: Open, url: str, part: str
    ) -> None:
        asked = ask(real(), FakeClock(), published(real()))
        others = {
            "image": f"registry.example/ona/digits@{digest('other')}",
            "model": digest("other"),
            "evidence": {**asked.binding.evidence, "validate": digest("other")},
        }
        binding = msgspec.structs.replace(asked.binding, **{part: others[part]})
        fact = msgspec.structs.replace(asked.requested, binding=binding)
        force(real(), url, fact, subject="digits-1.production.2")
        assert codes(real()) == ["binding-not-evidence"]

    def test_a_request_for_a_release_that_is_not_there(self, real: Open, url: str) -> None:
        asked = ask(real(), FakeClock(), published(real()))
        binding = msgspec.structs.replace(asked.binding, release="digits-9")
        fact = msgspec.structs.replace(asked.requested, binding=binding)
        force(real(), url, fact, subject="digits-9.production.1")
        assert codes(real()) == ["binding-not-evidence"]


class TestGatesThatWereAskedAnew:
    """About a published release, for a request: what they said then is bound, and kept."""

    def asked(self, ledger: SqlLedger, name: str = "digits-1", **found: Any) -> Promotion:
        """With another validation, of `name`, than the release's own."""
        release = published(ledger, "digits-1")
        validation = msgspec.structs.replace(road(name, accuracy=0.5)["validate"], **found)
        bound = {**release.evidence, "validate": kept(ledger, validation)}
        binding = msgspec.structs.replace(ask(ledger, FakeClock(), release).binding, evidence=bound)
        return ask(ledger, FakeClock(), release, bound=binding)

    def test_are_right_where_they_are_about_the_same_model(self, real: Open) -> None:
        roll_out(real(), say_yes(real(), FakeClock(), self.asked(real())))
        assert codes(real()) == []

    def test_are_not_where_they_are_about_another(self, real: Open) -> None:
        self.asked(real(), "digits-2")
        assert codes(real()) == ["binding-not-evidence"]

    def test_let_nothing_through_that_they_refused(self, real: Open) -> None:
        asked = self.asked(real(), findings=(NOT_WELL,))
        assert codes(real()) == []
        say_yes(real(), FakeClock(), asked)
        assert codes(real()) == ["decision-not-allowed"]


class TestExports:
    def test_an_export_is_as_whole_as_the_ledger(self, real: Open, served: Promotion, tmp_path: Path) -> None:
        with real().reading() as reading:
            (tmp_path / "x.jsonl").write_bytes(b"".join(lines(reading)))
        found, wanted = auditing.of_file(tmp_path / "x.jsonl"), auditing.of_ledger(real())
        assert msgspec.structs.replace(found, subject="") == msgspec.structs.replace(wanted, subject="")

    def test_a_changed_ledger_can_be_taken_along_and_shows_the_same(
        self, real: Open, served: Promotion, tmp_path: Path, url: str
    ) -> None:
        with create_engine(url, poolclass=NullPool).begin() as connection:
            connection.execute(text("UPDATE ona_events SET body = replace(body, 'approver', 'releaser')"))
        with real().reading() as reading:
            (tmp_path / "x.jsonl").write_bytes(b"".join(lines(reading)))
        found = auditing.of_file(tmp_path / "x.jsonl")
        assert [finding.code for finding in found.findings] == codes(real())
        assert "event-changed" in codes(real())
