"""What is found by the index is what replaying everything finds."""

import random
from datetime import timedelta

import pytest

from ona_pipeline import queries
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.records.environment import Held, place
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.promotion_facts import Replaced, Restored, RolledBack, RolledOut, RolloutStarted
from ona_pipeline.records.release_facts import ReleaseRequested, StageRefused, StageStarted
from ona_pipeline.records.snapshot import Origins
from tests.fakes.clock import FakeClock
from tests.fakes.releases import APPROVER, RELEASER, digest, published, roll_out, write
from tests.fakes.requests import ask, now, say_no, say_yes, take_back

ENDS = (Replaced, RolledBack)
BEGINS = (RolledOut, Restored)


def live(ledger: Ledger, clock: FakeClock, name: str) -> Promotion:
    clock.pass_(hours=1)
    return roll_out(ledger, say_yes(ledger, clock, ask(ledger, clock, published(ledger, name))))


def rolled_back(ledger: Ledger, clock: FakeClock, left: Promotion, restored: Promotion) -> None:
    clock.pass_(hours=1)
    write(ledger, left, RolledBack(digest("back"), to=restored.id, reason="worse"), actor=APPROVER)
    write(ledger, restored, Restored(left.id), actor=APPROVER)


def requested(ledger: Ledger, name: str, *facts: StageStarted | StageRefused) -> None:
    asked = ReleaseRequested("digits", Origins("git", "HEAD", "c0ffee"), "c0ffee", "production")
    with ledger.writing() as writing:
        for fact in (asked, *facts):
            writing.append(fact, model="digits", subject=name, actor=RELEASER)


def test_finds_subjects_by_what_was_written_about_them_and_what_was_not(ledger: Ledger) -> None:
    requested(ledger, "digits-2", StageStarted("verify"), StageRefused("verify", digest("kept")))
    requested(ledger, "digits-1", StageStarted("verify"))
    with ledger.writing() as writing:
        asked = ReleaseRequested("wine", Origins("git", "HEAD", "c0ffee"), "c0ffee", "production")
        writing.append(asked, model="wine", subject="wine-1", actor=RELEASER)
    with ledger.reading() as reading:

        def ids(**only: object) -> list[str]:
            return [found.id for found in reading.subjects(ReleaseRequested, **only)]  # type: ignore[arg-type]

        assert ids() == ["digits-2", "digits-1", "wine-1"]
        assert ids(unless=(StageRefused,)) == ["digits-1", "wine-1"]
        assert ids(unless=(StageRefused, StageStarted)) == ["wine-1"]
        assert ids(model="digits", unless=(StageRefused,)) == ["digits-1"]
        assert ids(beginning="digits-") == ["digits-2", "digits-1"]
        assert ids(beginning="DIGITS-") == []
        assert ids(beginning="digits_") == []
        assert reading.subjects(ReleaseRequested, model="wine")[0] == ("wine-1", "wine")


def test_finds_what_lasts_now_and_what_lasted_at_a_time(ledger: Ledger, clock: FakeClock) -> None:
    first = live(ledger, clock, "digits-1")
    first_at = clock.now
    second = live(ledger, clock, "digits-2")
    second_at = clock.now
    rolled_back(ledger, clock, second, first)
    with ledger.reading() as reading:

        def ids(**only: object) -> list[str]:
            return [found.id for found in reading.lasting(BEGINS, ENDS, **only)]  # type: ignore[arg-type]

        assert ids() == [first.id]
        assert ids(at=first_at + timedelta(minutes=30)) == [first.id]
        assert ids(at=second_at + timedelta(minutes=30)) == [second.id]
        assert ids(at=clock.now + timedelta(days=400)) == [first.id]
        assert ids(at=first_at - timedelta(hours=1)) == []
        assert ids(model="wine") == []


def test_a_fraction_of_a_second_decides_what_was_served(ledger: Ledger, clock: FakeClock) -> None:
    clock.pass_(seconds=0.25)
    live(ledger, clock, "digits-1")
    began = clock.now
    for moment, wanted in ((-0.125, []), (0.0, ["digits-1"]), (0.125, ["digits-1"]), (1.0, ["digits-1"])):
        spans = queries.history(ledger, environment="production", at=began + timedelta(seconds=moment))
        assert [span.release for span in spans] == wanted, moment


def test_a_clock_that_went_back_changes_nothing_of_what_is_found(ledger: Ledger, clock: FakeClock) -> None:
    first = live(ledger, clock, "digits-1")
    began = clock.now
    clock.pass_(days=-365)
    second = live(ledger, clock, "digits-2")
    with ledger.reading() as reading:
        assert [found.id for found in histories.served(reading)] == [second.id]
    for moment in (began, clock.now, clock.now + timedelta(days=1)):
        every = [span.release for span in queries.history(ledger) if span.covers(moment)]
        assert [span.release for span in queries.history(ledger, at=moment)] == every
    assert first.id != second.id


class Story:
    """Releases, decisions, rollouts and rollbacks as a seed has them."""

    def __init__(self, ledger: Ledger, clock: FakeClock, seed: int) -> None:
        self.ledger, self.clock, self.choose = ledger, clock, random.Random(seed)

    def tell(self, steps: int) -> None:
        for number in range(steps):
            self.clock.pass_(minutes=self.choose.choice((1, 61, -30)))
            if self.choose.random() < 0.3:
                requested(self.ledger, f"digits-broken-{number}", StageStarted("verify"))
            else:
                release = published(self.ledger, f"digits-{number}")
                environment = self.choose.choice(("staging", "production"))
                self._decide(ask(self.ledger, self.clock, release, environment=environment))

    def _decide(self, promotion: Promotion) -> None:
        match self.choose.choice(("live", "live", "live", "no", "back", "wait", "begin", "approve")):
            case "no":
                say_no(self.ledger, self.clock, promotion)
            case "back":
                take_back(self.ledger, self.clock, promotion)
            case "approve":
                say_yes(self.ledger, self.clock, promotion)
            case "begin":
                write(self.ledger, say_yes(self.ledger, self.clock, promotion), RolloutStarted())
            case "live":
                self._serve(say_yes(self.ledger, self.clock, promotion))

    def _serve(self, promotion: Promotion) -> None:
        with self.ledger.reading() as reading:
            before = histories.champion(reading, "digits", promotion.environment)
        roll_out(self.ledger, promotion)
        if before and self.choose.random() < 0.3:
            rolled_back(self.ledger, self.clock, now(self.ledger, promotion), now(self.ledger, before))


@pytest.mark.parametrize("seed", [1, 2])
def test_the_index_and_the_replay_of_everything_agree(ledger: Ledger, clock: FakeClock, seed: int) -> None:
    Story(ledger, clock, seed).tell(12)
    with ledger.writing() as writing:
        writing.append(Held("audit"), model="digits", subject=place("digits", "staging"), actor=APPROVER)
    with ledger.reading() as reading:
        everything = histories.promotions(reading)
        assert histories.open_promotions(reading) == [p for p in everything if p.phase.is_open]
        alive = [p for p in everything if p.phase is PromotionPhase.LIVE]
        assert sorted(p.id for p in histories.served(reading)) == sorted(p.id for p in alive)
        unfinished = [r for r in histories.releases(reading) if not r.phase.is_terminal]
        assert histories.unfinished_releases(reading) == unfinished
        assert set(histories.places(reading)) == {(p.model, p.environment) for p in everything}
        for release in histories.releases(reading):
            own = [p for p in everything if p.release == release.id]
            assert histories.promotions_of(reading, release.id) == own
    for span in queries.history(ledger):
        moment = span.since + timedelta(seconds=30)
        every = [other for other in queries.history(ledger) if other.covers(moment)]
        assert queries.history(ledger, at=moment) == every
