import pytest

from ona_pipeline.approve.differences import MetricChange, PackageChange
from ona_pipeline.approve.review import Review, review
from ona_pipeline.errors import BackendError
from ona_pipeline.policy import EnvironmentPolicy, Freeze, WaiverPolicy
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.canonical import decode, encode
from ona_pipeline.records.comparison import Comparison
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.promotion import Promotion
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.releases import DOUBT, MANUAL, hold, published, roll_out, waive
from tests.fakes.requests import ask, say_yes


def seen(ledger: FakeLedger, promotion: Promotion, policy: EnvironmentPolicy = MANUAL) -> Review:
    with ledger.reading() as reading:
        return review(reading, promotion, policy=policy, now=FakeClock()())


def test_a_first_release_has_nothing_to_be_compared_with(ledger: FakeLedger, clock: FakeClock) -> None:
    screen = seen(ledger, ask(ledger, clock, published(ledger)))
    assert screen.champion == ""
    assert screen.champion_size_bytes is None
    assert screen.metrics == (MetricChange("accuracy", 0.97),)
    assert screen.packages == ()
    assert "where nothing is served yet" in screen.on_yes


def test_tells_who_asks_why_and_until_when(ledger: FakeLedger, clock: FakeClock) -> None:
    promotion = ask(ledger, clock, published(ledger))
    screen = seen(ledger, promotion)
    assert (screen.requested_by.login, screen.note) == ("releaser", "better at sevens")
    assert screen.expires_at == promotion.requested.expires_at
    assert screen.binding == promotion.binding.digest
    assert "ona show digits-1" in screen.look_deeper


def test_shows_each_gate_with_its_doubts(ledger: FakeLedger, clock: FakeClock) -> None:
    screen = seen(ledger, ask(ledger, clock, published(ledger, doubt=True)))
    assert [gate.stage for gate in screen.gates] == ["verify", "prepare", "validate", "build", "publish"]
    assert screen.gates[2].verdict is Verdict.INCONCLUSIVE
    assert screen.gates[2].findings == (DOUBT,)


def test_shows_what_would_change_against_the_champion(ledger: FakeLedger, clock: FakeClock) -> None:
    champion = published(ledger, "digits-1", accuracy=0.5, packages={"numpy": "2.3.0", "joblib": "1.5"})
    roll_out(ledger, say_yes(ledger, clock, ask(ledger, clock, champion)))
    screen = seen(ledger, ask(ledger, clock, published(ledger, "digits-22", accuracy=0.75)))
    assert screen.champion == "digits-1"
    assert screen.metrics == (MetricChange("accuracy", 0.75, 0.5, 0.25),)
    assert screen.packages == (
        PackageChange("joblib", "1.5", ""),
        PackageChange("numpy", "2.3.0", "2.4.0"),
        PackageChange("scikit-learn", "", "1.9.1"),
    )
    assert (screen.size_bytes, screen.champion_size_bytes) == (1009, 1008)
    assert "serves digits-22 instead of digits-1" in screen.on_yes


def test_a_comparison_on_the_same_rows_goes_before_what_the_champion_once_had(
    ledger: FakeLedger, clock: FakeClock
) -> None:
    roll_out(ledger, say_yes(ledger, clock, ask(ledger, clock, published(ledger, accuracy=0.5))))
    compared = Comparison("digits-1", "accuracy", 0.25, 0.75, 0.0, 4, 360)
    screen = seen(
        ledger, ask(ledger, clock, published(ledger, "digits-2", accuracy=0.75, comparison=compared))
    )
    assert screen.comparison == compared
    assert screen.metrics == (MetricChange("accuracy", 0.75, 0.25, 0.5),)


def test_says_that_a_yes_waits_while_the_environment_is_on_hold(ledger: FakeLedger, clock: FakeClock) -> None:
    release = published(ledger)
    hold(ledger)
    screen = seen(ledger, ask(ledger, clock, release))
    assert screen.held == "sevens are wrong (approver)"
    assert screen.on_yes.startswith("the approval is kept; once the hold is lifted")


def test_shows_what_keeps_a_yes_waiting_and_what_is_waived(ledger: FakeLedger, clock: FakeClock) -> None:
    policy = EnvironmentPolicy(
        freeze=(Freeze(days=("mon",), reason="stocktaking"),),
        waivers=WaiverPolicy(by=("approver",), findings=("frozen",)),
    )
    waive(ledger, "frozen")
    waive(ledger, "frozen", actor=Actor("passer-by"))
    screen = seen(ledger, ask(ledger, clock, published(ledger)), policy)
    assert [finding.code for finding in screen.unmet] == ["frozen"]
    assert [(one.by.login, one.fact.reason) for one in screen.waivers] == [("approver", "known and harmless")]
    assert screen.on_yes.startswith("the approval is kept; once nothing keeps it waiting")


def test_tells_who_has_said_yes_and_how_many_are_wanted(ledger: FakeLedger, clock: FakeClock) -> None:
    two = EnvironmentPolicy(quorum=2)
    waiting = ask(ledger, clock, published(ledger), policy=two)
    assert seen(ledger, waiting, two).on_yes == "the yes is kept, and 1 more person has to say so"
    screen = seen(ledger, say_yes(ledger, clock, waiting, policy=two), two)
    assert (screen.quorum, [one.who for one in screen.endorsements]) == (2, ["approver"])
    assert "serves digits-1" in screen.on_yes


def test_is_one_json_record(ledger: FakeLedger, clock: FakeClock) -> None:
    screen = seen(ledger, ask(ledger, clock, published(ledger)))
    assert decode(encode(screen), Review) == screen


def test_missing_evidence_is_said_before_anyone_decides(ledger: FakeLedger, clock: FakeClock) -> None:
    promotion = ask(ledger, clock, published(ledger))
    ledger._kept._contents.clear()
    with pytest.raises(BackendError, match="holds no evidence"):
        seen(ledger, promotion)
