"""What the ledger alone can answer."""

from datetime import timedelta

import pytest

from ona_pipeline import queries
from ona_pipeline.errors import UsageError
from ona_pipeline.ledger import histories
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.promotion_facts import Restored, RolledBack, RolloutStarted
from ona_pipeline.records.release import Release
from ona_pipeline.records.release_facts import ReleaseRequested, StageErrored, StageStarted
from ona_pipeline.records.snapshot import Origins
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.releases import APPROVER, RELEASER, digest, hold, published, roll_out, write
from tests.fakes.requests import ask, say_yes


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def ledger(clock: FakeClock) -> FakeLedger:
    return FakeLedger(clock=clock)


def live(ledger: FakeLedger, clock: FakeClock, name: str) -> Promotion:
    clock.pass_(hours=1)
    return roll_out(ledger, say_yes(ledger, clock, ask(ledger, clock, published(ledger, name))))


def errored(ledger: FakeLedger, name: str = "digits-9") -> Release:
    with ledger.writing() as writing:
        for fact in (
            ReleaseRequested("digits", Origins("git", "HEAD", "c0ffee"), "c0ffee", "production"),
            StageStarted("verify"),
            StageErrored("verify", "the registry is not there", retryable=True),
        ):
            writing.append(fact, model="digits", subject=name, actor=RELEASER)
        return histories.release(writing, name)


def rolled_back(ledger: FakeLedger, left: Promotion, restored: Promotion) -> None:
    write(ledger, left, RolledBack(digest("back"), to=restored.id, reason="worse"), actor=APPROVER)
    write(ledger, restored, Restored(left.id), actor=APPROVER)


def test_an_empty_ledger_has_nothing_to_tell(ledger: FakeLedger) -> None:
    assert queries.status(ledger) == queries.Status((), (), ())
    assert queries.history(ledger) == []
    assert queries.resumable(ledger) == []


def test_status_tells_what_serves_since_when_and_by_whose_word(ledger: FakeLedger, clock: FakeClock) -> None:
    promotion = live(ledger, clock, "digits-1")
    (place,) = queries.status(ledger).places
    assert (place.model, place.environment, place.serving) == ("digits", "production", "digits-1")
    assert (place.image, place.since, place.by) == (promotion.binding.image, clock.now, "approver")


def test_status_of_what_was_put_back_names_who_put_it_back(ledger: FakeLedger, clock: FakeClock) -> None:
    first, second = live(ledger, clock, "digits-1"), live(ledger, clock, "digits-2")
    clock.pass_(hours=1)
    write(ledger, second, RolledBack(digest("back"), to=first.id, reason="worse"))
    write(ledger, first, Restored(second.id), actor=RELEASER)
    (place,) = queries.status(ledger).places
    assert (place.serving, place.since, place.by) == ("digits-1", clock.now, RELEASER.name)


def test_status_tells_holds_what_waits_and_what_is_unfinished(ledger: FakeLedger, clock: FakeClock) -> None:
    waiting = ask(ledger, clock, published(ledger))
    unfinished = errored(ledger)
    hold(ledger, "audit")
    status = queries.status(ledger)
    assert status.places == (queries.Place("digits", "production", hold="audit (approver)"),)
    assert status.waiting == (waiting,)
    assert status.unfinished == (unfinished,)


def test_show_has_the_evidence_of_every_gate_and_rollout(ledger: FakeLedger, clock: FakeClock) -> None:
    asked = ask(ledger, clock, published(ledger, doubt=True))
    shown = queries.show(ledger, "digits")
    assert shown.release.id == "digits-1"
    assert list(shown.evidence) == ["verify", "prepare", "validate", "build", "publish"]
    assert shown.evidence["validate"].findings[0].code == "few-rows"
    assert shown.promotions == (asked,)


def test_show_of_what_is_unknown_or_ambiguous_says_so(ledger: FakeLedger) -> None:
    with pytest.raises(UsageError, match="no release is called 'digits-1'"):
        queries.show(ledger, "digits-1")
    published(ledger, "digits-1")
    published(ledger, "digits-2")
    with pytest.raises(UsageError, match="may mean any of digits-1, digits-2"):
        queries.show(ledger, "digits-")


def test_history_is_what_was_served_when_and_by_whose_word(ledger: FakeLedger, clock: FakeClock) -> None:
    first, second = live(ledger, clock, "digits-1"), live(ledger, clock, "digits-2")
    clock.pass_(hours=1)
    rolled_back(ledger, second, first)
    spans = queries.history(ledger, model="digits", environment="production")
    assert [(s.release, s.by, s.reason) for s in spans] == [
        ("digits-1", "approver", "seen"),
        ("digits-2", "approver", "seen"),
        ("digits-1", "approver", f"in place of {second.id}"),
    ]
    assert [s.until for s in spans] == [spans[1].since, spans[2].since, None]
    assert spans[1].covers(spans[1].since)
    assert not spans[1].covers(spans[2].since)
    assert not spans[1].covers(spans[1].since - timedelta(seconds=1))
    assert spans[2].covers(clock.now + timedelta(days=999))


def test_history_is_of_one_model_and_environment_where_named(ledger: FakeLedger, clock: FakeClock) -> None:
    live(ledger, clock, "digits-1")
    assert queries.history(ledger, model="iris") == []
    assert queries.history(ledger, environment="staging") == []
    assert len(queries.history(ledger, environment="production")) == 1


def test_only_what_needs_no_person_is_resumable(ledger: FakeLedger, clock: FakeClock) -> None:
    ask(ledger, clock, published(ledger, "waits"))
    assert queries.resumable(ledger) == []
    broken = errored(ledger)
    approved = say_yes(ledger, clock, ask(ledger, clock, published(ledger, "approved")))
    assert [release.id for release in queries.resumable(ledger)] == ["digits-9", "approved"]
    write(ledger, approved, RolloutStarted())
    assert [release.id for release in queries.resumable(ledger)] == [broken.id, "approved"]
