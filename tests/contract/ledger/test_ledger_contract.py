import contextlib
import threading

import pytest

from ona_pipeline.errors import BackendError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.chain import NOTHING, Head
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.environment import Held
from ona_pipeline.records.history import TransitionError
from ona_pipeline.records.release import ReleasePhase
from ona_pipeline.records.release_facts import ReleasePublished, ReleaseRequested, StageStarted
from ona_pipeline.records.snapshot import Origins
from tests.fakes.clock import FakeClock
from tests.fakes.releases import RELEASER, published

REQUESTED = ReleaseRequested("digits", Origins("git", "HEAD", "c0ffee"), "c0ffee", "production")


def request(ledger: Ledger, name: str = "digits-1", model: str = "digits") -> None:
    with ledger.writing() as writing:
        writing.append(REQUESTED, model=model, subject=name, actor=RELEASER)


class TestEveryLedger:
    def test_is_empty_at_first(self, ledger: Ledger) -> None:
        with ledger.reading() as reading:
            assert reading.events() == []

    def test_gives_back_what_was_appended_in_that_order(self, ledger: Ledger, clock: FakeClock) -> None:
        with ledger.writing() as writing:
            first = writing.append(REQUESTED, model="digits", subject="digits-1", actor=RELEASER)
            clock.pass_(seconds=1)
            second = writing.append(
                StageStarted("verify"), model="digits", subject="digits-1", actor=RELEASER
            )
        with ledger.reading() as reading:
            assert reading.events() == [first, second]
        assert (first.sequence, second.sequence) == (1, 2)
        assert first.previous == NOTHING
        assert second.previous == first.digest
        assert second.at == clock.now

    def test_finds_the_events_of_one_subject_and_of_one_model(self, ledger: Ledger) -> None:
        request(ledger, "digits-1")
        request(ledger, "wine-1", "wine")
        request(ledger, "digits-2")
        with ledger.reading() as reading:
            assert [event.subject for event in reading.events(model="digits")] == ["digits-1", "digits-2"]
            assert [event.subject for event in reading.events(subject="wine-1")] == ["wine-1"]
            assert reading.events(subject="wine-1", model="digits") == []

    def test_shows_what_is_being_written_to_the_writer(self, ledger: Ledger) -> None:
        with ledger.writing() as writing:
            writing.append(REQUESTED, model="digits", subject="digits-1", actor=RELEASER)
            kept = writing.keep(b"evidence")
            assert len(writing.events()) == 1
            assert writing.evidence(kept) == b"evidence"

    def test_shows_nobody_else_what_is_not_finished(self, ledger: Ledger) -> None:
        request(ledger)
        with ledger.writing() as writing, ledger.reading() as reading:
            writing.append(StageStarted("verify"), model="digits", subject="digits-1", actor=RELEASER)
            assert len(reading.events()) == 1

    def test_lets_a_reader_see_one_moment_while_others_write(self, ledger: Ledger) -> None:
        request(ledger)
        with ledger.reading() as reading:
            assert len(reading.events()) == 1
            request(ledger, "digits-2")
            assert len(reading.events()) == 1

    def test_takes_all_of_a_transaction_back_when_it_fails(self, ledger: Ledger) -> None:
        request(ledger)
        kept = Digest.of(b"evidence")
        with contextlib.suppress(ZeroDivisionError), ledger.writing() as writing:
            writing.append(StageStarted("verify"), model="digits", subject="digits-1", actor=RELEASER)
            assert writing.keep(b"evidence") == kept
            raise ZeroDivisionError
        with ledger.reading() as reading:
            assert len(reading.events()) == 1
            with pytest.raises(BackendError):
                reading.evidence(kept)

    def test_refuses_a_fact_that_cannot_follow_and_keeps_nothing_of_it(self, ledger: Ledger) -> None:
        with (
            pytest.raises(TransitionError, match="ReleasePublished cannot follow"),
            ledger.writing() as writing,
        ):
            writing.append(ReleasePublished(), model="digits", subject="digits-1", actor=RELEASER)
        with ledger.reading() as reading:
            assert reading.events() == []

    def test_names_whose_word_it_was_that_a_fact_cannot_follow(self, ledger: Ledger) -> None:
        request(ledger)
        with (
            pytest.raises(TransitionError, match="cannot follow; ReleaseRequested was written by releaser <"),
            ledger.writing() as writing,
        ):
            writing.append(REQUESTED, model="digits", subject="digits-1", actor=RELEASER)

    def test_refuses_the_facts_of_an_environment_for_a_release(self, ledger: Ledger) -> None:
        request(ledger)
        with pytest.raises(TransitionError, match="is no environment"), ledger.writing() as writing:
            writing.append(Held("wait"), model="digits", subject="digits-1", actor=RELEASER)

    def test_keeps_evidence_under_its_digest_and_once(self, ledger: Ledger) -> None:
        with ledger.writing() as writing:
            assert writing.keep(b"evidence") == writing.keep(b"evidence") == Digest.of(b"evidence")
        with ledger.reading() as reading:
            assert reading.evidence(Digest.of(b"evidence")) == b"evidence"

    def test_says_which_evidence_it_does_not_hold(self, ledger: Ledger) -> None:
        wanted = Digest.of(b"other")
        with ledger.reading() as reading, pytest.raises(BackendError, match=wanted):
            reading.evidence(wanted)
        request(ledger)
        with ledger.reading() as reading, pytest.raises(BackendError, match=wanted):
            reading.evidence(wanted)

    def test_replays_a_release_from_what_was_written(self, ledger: Ledger) -> None:
        release = published(ledger)
        with ledger.reading() as reading:
            assert histories.release(reading, "digits-1") == release
        assert release.phase is ReleasePhase.PUBLISHED
        assert list(release.evidence) == ["verify", "prepare", "validate", "build", "publish"]

    def test_verifies_and_names_its_end(self, ledger: Ledger) -> None:
        published(ledger)
        audit = ledger.verify()
        assert audit.findings == ()
        assert audit.head.sequence == 12
        assert ledger.verify(known=[Head(12, NOTHING)]).findings[0].code == "ledger-rewritten"
        assert ledger.verify(known=[Head(99, NOTHING)]).findings[0].code == "ledger-cut"

    def test_lets_one_of_many_writers_at_once_have_each_number(self, ledger: Ledger) -> None:
        def work(name: str) -> None:
            for number in range(5):
                request(ledger, f"{name}-{number}")

        threads = [threading.Thread(target=work, args=(f"digits-{n}",)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with ledger.reading() as reading:
            assert [event.sequence for event in reading.events()] == list(range(1, 21))
        assert ledger.verify().findings == ()
