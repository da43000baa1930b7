"""The gates alone: walked in order, ended by the first refusal, with the champion, and nothing released."""

from pathlib import Path

import msgspec
import pytest

from ona_pipeline.errors import BackendError, RefusedError, UsageError
from ona_pipeline.judging import Gates
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.quality import Proof
from tests.digits import lay_out
from tests.fakes import stages
from tests.fakes.road import FakeRoad
from tests.fakes.watcher import FakeWatcher

ITSELF = Proof("the model itself", Verdict.PASSED)
BAD = Proof("constant answer", Verdict.REFUSED, (stages.REFUSAL,))


class Given:
    """Gates over a fake road, and whose champion they asked for."""

    def __init__(self, folder: Path) -> None:
        self.fake = FakeRoad(lay_out(folder))
        self.watcher = FakeWatcher()
        self.asked: list[tuple[str, str]] = []
        self.gates = Gates(road=self.fake.road(), champion=self._champion, watcher=self.watcher)

    def _champion(self, model: str, environment: str) -> Promotion | None:
        self.asked.append((model, environment))
        return None


@pytest.fixture
def given(tmp_path: Path) -> Given:
    return Given(tmp_path / "snapshot")


def test_every_gate_is_walked_and_nothing_is_built(given: Given) -> None:
    judged = given.gates.judge("digits", "HEAD")
    assert given.fake.called == ["verify", "prepare", "validate"]
    assert judged.verdict is Verdict.PASSED
    assert list(judged.evidence) == ["verify", "prepare", "validate"]


@pytest.mark.parametrize(("gate", "walked"), [("verify", 1), ("validate", 3)])
def test_the_first_refusal_ends_it_and_its_evidence_is_kept(given: Given, gate: str, walked: int) -> None:
    given.fake.refusing.add(gate)
    judged = given.gates.judge("digits", "HEAD")
    assert judged.verdict is Verdict.REFUSED
    assert len(judged.evidence) == walked
    assert judged.findings[0].code == "digest-mismatch"


def test_a_doubt_is_inconclusive_and_stands_behind_a_refusal(given: Given) -> None:
    given.fake.doubting.add("validate")
    assert given.gates.judge("digits", "HEAD").verdict is Verdict.INCONCLUSIVE
    given.fake.refusing.add("validate")
    judged = given.gates.judge("digits", "HEAD")
    assert [finding.code for finding in judged.findings] == ["digest-mismatch", "few-rows"]


def test_the_champion_is_that_of_the_environment_or_of_the_last_one(given: Given) -> None:
    given.gates.judge("digits", "HEAD")
    given.gates.judge("digits", "HEAD", environment="staging")
    assert given.asked == [("digits", "production"), ("digits", "staging")]


def test_a_gate_without_a_verdict_is_an_error_and_the_watcher_is_told(given: Given) -> None:
    given.fake.failing["validate"] = BackendError("no engine")
    with pytest.raises(BackendError):
        given.gates.judge("digits", "HEAD")
    assert given.watcher.told[-1] == "breaks off validate"


def test_an_environment_that_is_not_there_is_a_mistake(given: Given) -> None:
    with pytest.raises(UsageError):
        given.gates.judge("digits", "HEAD", environment="moon")
    assert given.fake.called == []


def test_suites_that_refuse_every_bad_candidate_are_proven(given: Given) -> None:
    given.fake.proofs = (ITSELF, BAD)
    proved = given.gates.prove("digits", "HEAD")
    assert given.fake.called == ["verify", "prepare", "prove"]
    assert proved.is_proven
    assert proved.through == ()


def test_a_bad_candidate_that_is_not_refused_is_named(given: Given) -> None:
    doubted = msgspec.structs.replace(BAD, verdict=Verdict.INCONCLUSIVE)
    given.fake.proofs = (ITSELF, doubted, BAD)
    proved = given.gates.prove("digits", "HEAD")
    assert not proved.is_proven
    assert proved.through == ("constant answer",)


def test_suites_that_refuse_everything_prove_nothing(given: Given) -> None:
    given.fake.proofs = (msgspec.structs.replace(ITSELF, verdict=Verdict.REFUSED), BAD)
    assert not given.gates.prove("digits", "HEAD").is_proven


def test_a_model_that_does_not_get_to_its_suites_is_refused(given: Given) -> None:
    given.fake.refusing.add("verify")
    with pytest.raises(RefusedError, match="verify refused digits before its suites"):
        given.gates.prove("digits", "HEAD")
