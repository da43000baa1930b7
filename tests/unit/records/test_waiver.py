"""Waivers as they stand at a time: not expired, not revoked."""

from datetime import UTC, datetime, timedelta

from ona_pipeline.records.actor import Actor
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.environment import place
from ona_pipeline.records.finding import Finding, Severity, Verdict, verdict_of
from ona_pipeline.records.waiver import Unwaived, Waived, Waiver, waive, waivers
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PRODUCTION = place("digits", "production")


def standing(*facts: Waived, revoked: int | None = None, now: datetime = NOW) -> tuple[Waiver, ...]:
    ledger = FakeLedger(clock=FakeClock())
    with ledger.writing() as writing:
        by = Actor("approver")
        said = [writing.append(fact, model="digits", subject=PRODUCTION, actor=by) for fact in facts]
        if revoked is not None:
            fact = Unwaived(said[revoked].digest, "mended")
            writing.append(fact, model="digits", subject=PRODUCTION, actor=by)
        return waivers(writing.events(subject=PRODUCTION), now)


def waived(finding: str = "expectation-unmet", about: str = "", *, days: int = 7) -> Waived:
    return Waived(finding, about, "known and harmless", NOW + timedelta(days=days), Digest.of(b"policy"))


def test_a_waiver_stands_until_the_moment_that_it_expires() -> None:
    assert [found.fact for found in standing(waived())] == [waived()]
    assert standing(waived(), now=NOW + timedelta(days=7)) == ()


def test_a_waiver_that_was_revoked_is_over_and_others_stand() -> None:
    left = standing(waived("expectation-unmet"), waived("worse-than-champion"), revoked=0)
    assert [found.fact.finding for found in left] == ["worse-than-champion"]


def test_a_waiver_covers_its_finding_and_where_it_names_a_subject_that_one_alone() -> None:
    everywhere, here = standing(waived(), waived(about="data.json: pixels"))
    assert everywhere.covers("expectation-unmet", "metrics.json: accuracy")
    assert not everywhere.covers("worse-than-champion", "accuracy")
    assert here.covers("expectation-unmet", "data.json: pixels")
    assert not here.covers("expectation-unmet", "metrics.json: accuracy")


UNMET = Finding("expectation-unmet", "data.json: pixels", "wanted 1, found 2")
WORSE = Finding("worse-than-champion", "accuracy", "wanted 0.98, found 0.97")
NOTE = Finding("few-rows", "evaluation.csv", "found 12", severity=Severity.NOTE)


def test_refusals_that_are_all_covered_make_inconclusive_and_never_passed() -> None:
    made = standing(waived(), waived("worse-than-champion"))
    waiving = waive((UNMET, WORSE, NOTE), made)
    assert verdict_of(waiving.findings) is Verdict.INCONCLUSIVE
    assert [one.severity for one in waiving.findings] == [Severity.WAIVED, Severity.WAIVED, Severity.NOTE]
    assert set(waiving.used) == {waiver.digest for waiver in made}


def test_one_refusal_that_is_not_covered_lets_all_stand() -> None:
    waiving = waive((UNMET, WORSE), standing(waived()))
    assert (waiving.findings, waiving.used) == ((UNMET, WORSE), ())


def test_a_gate_that_did_not_refuse_needs_no_waiver() -> None:
    assert waive((NOTE,), standing(waived())).used == ()
