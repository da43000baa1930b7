"""The road: each stage once, in order, journalled before and after, stopped by the first refusal."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ona_pipeline.errors import BackendError, RefusedError, UsageError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.lease import BusyError, Lease, LeaseLostError
from ona_pipeline.ledger.leases import Leases
from ona_pipeline.pipeline import Pipeline, ReleaseRequest
from ona_pipeline.policy import DEFAULT_ENVIRONMENTS, Policy, WaiverPolicy
from ona_pipeline.records.evidence import read_evidence
from ona_pipeline.records.finding import Finding, Severity, Verdict
from ona_pipeline.records.release import Release, ReleasePhase
from ona_pipeline.records.release_facts import StagePassed
from tests.digits import lay_out
from tests.fakes import stages
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.releases import RELEASER, lend, waive
from tests.fakes.road import FakeRoad
from tests.fakes.watcher import FakeWatcher

STAGES = ["verify", "prepare", "validate", "build", "publish"]


class Given:
    """A pipeline over a fake road and a fake ledger."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.ledger = FakeLedger(clock=self.clock)
        self.watcher = FakeWatcher()
        self.fake = FakeRoad(lay_out(folder))
        self.asleep: Callable[[], None] = lambda: None
        self.pipeline = Pipeline(
            road=self.fake.road(),
            ledger=self.ledger,
            leases=Leases(self.ledger, holder="this process", sleep=lambda _: self.asleep()),
            clock=self.clock,
            actor=RELEASER,
            watcher=self.watcher,
        )

    def release(self, *, trusted: str = "", **request: Any) -> Release:
        asked = ReleaseRequest(**{"model": "digits", **request})
        with self.pipeline.release(asked, trusted=trusted) as release:
            return release

    def resume(self, release: Release) -> Release:
        with self.pipeline.resume(release) as resumed:
            return resumed

    def only_release(self) -> Release:
        with self.ledger.reading() as reading:
            (found,) = histories.releases(reading)
            return found

    def facts(self) -> list[str]:
        with self.ledger.reading() as reading:
            return [type(event.fact).__name__ for event in reading.events()]


@pytest.fixture
def given(tmp_path: Path) -> Given:
    return Given(tmp_path)


def test_every_stage_runs_once_in_the_order_of_the_road(given: Given) -> None:
    release = given.release()
    assert release.phase is ReleasePhase.PUBLISHED
    assert given.fake.called == STAGES
    assert list(release.evidence) == STAGES
    assert set(release.verdicts.values()) == {Verdict.PASSED}


def test_a_fact_is_written_before_and_after_each_stage(given: Given) -> None:
    given.release()
    assert given.facts() == ["ReleaseRequested", *["StageStarted", "StagePassed"] * 5, "ReleasePublished"]


def test_the_id_names_model_and_day(given: Given) -> None:
    assert given.release().id.startswith("digits-20261123-")


def test_a_refusal_stops_the_road_and_its_evidence_is_kept_before_it_is_raised(given: Given) -> None:
    given.fake.refusing.add("validate")
    with pytest.raises(RefusedError, match=r"digest-mismatch: model\.skops: wanted one"):
        given.release()
    assert given.fake.called == ["verify", "prepare", "validate"]
    assert given.only_release().phase is ReleasePhase.REFUSED
    assert given.only_release().verdicts["validate"] is Verdict.REFUSED


def test_a_refused_release_is_not_resumed(given: Given) -> None:
    given.fake.refusing.add("verify")
    with pytest.raises(RefusedError):
        given.release()
    given.fake.refusing.clear()
    assert given.resume(given.only_release()).phase is ReleasePhase.REFUSED
    assert given.fake.called == ["verify"]


def test_what_failed_outside_is_errored_not_refused_and_resume_goes_on_from_there(given: Given) -> None:
    given.fake.failing["build"] = BackendError("the registry is not there", hint="start it", retryable=True)
    with pytest.raises(BackendError) as failure:
        given.release()
    errored = given.only_release()
    assert errored.phase is ReleasePhase.ERRORED
    assert errored.error == "the registry is not there"
    assert given.watcher.told[-1] == "breaks off build"
    assert failure.value.hint == f"start it; then: ona resume {errored.id}"

    resumed = given.resume(errored)

    assert resumed.phase is ReleasePhase.PUBLISHED
    assert given.fake.called == [*STAGES[:4], "build", "publish"]


def test_an_environment_on_the_way_that_has_no_target_is_told_before_anything_is_written(
    given: Given,
) -> None:
    given.fake.untargeted = {"staging"}
    with pytest.raises(UsageError, match="'staging' has no target"):
        given.release(upto="production")
    assert given.fake.called == []
    assert given.facts() == []


def test_what_cannot_be_sent_is_found_out_before_the_long_work(given: Given) -> None:
    given.fake.failing["admitted"] = BackendError("nobody is logged in there", hint="log in")
    with pytest.raises(BackendError, match="nobody is logged in there"):
        given.release()
    assert given.fake.called == ["verify"]
    assert given.only_release().phase is ReleasePhase.ERRORED
    assert given.resume(given.only_release()).phase is ReleasePhase.PUBLISHED


@pytest.mark.parametrize("stage", STAGES)
def test_a_process_killed_in_a_stage_is_continued_without_doing_the_others_again(
    given: Given, stage: str
) -> None:
    given.fake.failing[stage] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        given.release()
    assert given.only_release().phase is ReleasePhase.RUNNING

    assert given.resume(given.only_release()).phase is ReleasePhase.PUBLISHED
    assert {name: given.fake.called.count(name) for name in STAGES} == {
        name: 2 if name == stage else 1 for name in STAGES
    }


@pytest.mark.parametrize(("model", "upto"), [("letters", ""), ("digits", "moon")])
def test_bad_usage_writes_nothing(given: Given, model: str, upto: str) -> None:
    with pytest.raises(UsageError):
        given.release(model=model, upto=upto)
    assert given.facts() == []


def test_the_commit_at_which_policy_was_read_is_on_record(given: Given) -> None:
    assert given.release(trusted="before").requested.trusted == "before"
    assert given.release().requested.trusted == "trusted"


def test_the_watcher_is_told(given: Given) -> None:
    given.release()
    assert given.watcher.told[:2] == ["begins verify", "ends verify: passed"]


def test_a_setting_that_is_missing_is_told_and_the_release_can_be_resumed(given: Given) -> None:
    given.fake.failing["prepare"] = UsageError("no base image is set", hint="set ONA_BASE")
    with pytest.raises(UsageError) as failure:
        given.release()
    errored = given.only_release()
    assert failure.value.hint == f"set ONA_BASE; then: ona resume {errored.id}"
    assert given.resume(errored).phase is ReleasePhase.PUBLISHED


def test_a_living_process_is_left_to_walk_its_release(given: Given) -> None:
    given.fake.failing["build"] = BackendError("the registry is not there")
    with pytest.raises(BackendError):
        given.release()
    left = given.only_release()
    lend(given.ledger, Lease(left.id, "1f" * 16, "another on build-3, process 4711"))
    given.asleep = lambda: lend(
        given.ledger, Lease(left.id, "1f" * 16, "another on build-3, process 4711", 1)
    )

    with pytest.raises(BusyError, match=f"{left.id}: another on build-3, process 4711 is at work on it"):
        given.resume(left)

    assert given.fake.called == STAGES[:4]


def test_a_process_that_was_overtaken_in_a_stage_writes_nothing_more(given: Given) -> None:
    given.fake.meanwhile["prepare"] = lambda: lend(
        given.ledger, Lease(given.only_release().id, "1f" * 16, "another on build-3, process 4711")
    )
    with pytest.raises(LeaseLostError, match="another on build-3, process 4711 is at work on it now"):
        given.release()
    assert given.fake.called == STAGES[:2]
    assert given.facts() == ["ReleaseRequested", "StageStarted", "StagePassed", "StageStarted"]


UNMET = Finding("expectation-unmet", "data.json: pixels", "wanted 1, found 2")
WORSE = Finding("worse-than-champion", "accuracy", "wanted 0.98, found 0.97")


@pytest.fixture
def lenient(given: Given) -> Given:
    """Where the approver may waive everything, and the model is not good enough for `validate`."""
    waivers = WaiverPolicy(by=("approver",), findings=("expectation-unmet", "digest-mismatch"))
    environments = {
        name: msgspec.structs.replace(environment, waivers=waivers)
        for name, environment in DEFAULT_ENVIRONMENTS.items()
    }
    given.fake.policy = Policy(environments=environments)
    given.fake.refusing = {"validate"}
    given.fake.refusals = (UNMET,)
    return given


class TestAWaiver:
    def test_makes_a_refused_gate_inconclusive_and_is_in_the_journal(self, lenient: Given) -> None:
        waiver = waive(lenient.ledger, "expectation-unmet")
        release = lenient.release(upto="production")
        assert release.phase is ReleasePhase.PUBLISHED
        assert release.verdicts["validate"] is Verdict.INCONCLUSIVE
        with lenient.ledger.reading() as reading:
            kept = read_evidence(reading.evidence(release.evidence["validate"]))
            facts = [event.fact for event in reading.events(subject=release.id)]
        assert [(one.code, one.severity) for one in kept.findings] == [("expectation-unmet", Severity.WAIVED)]
        passed = [fact for fact in facts if isinstance(fact, StagePassed) and fact.waivers]
        assert [(fact.name, fact.waivers) for fact in passed] == [("validate", (waiver.digest,))]

    @pytest.mark.parametrize(
        "waiver",
        [
            {"environment": "nowhere"},
            {"about": "data.json: another"},
            {"days": 0},
            {"actor": RELEASER},
        ],
        ids=["another environment", "another subject", "expired", "by somebody who may not"],
    )
    def test_that_is_foreign_or_over_does_nothing(self, lenient: Given, waiver: Any) -> None:
        waive(lenient.ledger, "expectation-unmet", **waiver)
        with pytest.raises(RefusedError, match="expectation-unmet"):
            lenient.release(upto="production")

    def test_of_one_refusal_of_two_does_nothing(self, lenient: Given) -> None:
        lenient.fake.refusals = (UNMET, WORSE)
        waive(lenient.ledger, "expectation-unmet")
        with pytest.raises(RefusedError, match="worse-than-champion"):
            lenient.release(upto="production")

    def test_for_an_environment_that_the_release_does_not_go_to_does_nothing(self, lenient: Given) -> None:
        waive(lenient.ledger, "expectation-unmet")
        with pytest.raises(RefusedError, match="expectation-unmet"):
            lenient.release(upto="staging")
        with pytest.raises(RefusedError, match="expectation-unmet"):
            lenient.release()

    def test_does_nothing_to_integrity_whatever_a_ledger_says(self, lenient: Given) -> None:
        lenient.fake.refusing = {"verify"}
        lenient.fake.refusals = (stages.REFUSAL,)
        waive(lenient.ledger, stages.REFUSAL.code)
        with pytest.raises(RefusedError, match="verify refused"):
            lenient.release(upto="production")
