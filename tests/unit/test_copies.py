"""The model registry is told later, the same twice, and holds up nothing."""

import pytest

from ona_pipeline.copies import CURSOR, Copies
from ona_pipeline.ledger.leases import Leases
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.snapshot import Origins
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.mirror import FakeMirror
from tests.fakes.releases import FROM_GIT, published, roll_out
from tests.fakes.requests import ask, say_yes
from tests.fakes.watcher import FakeWatcher

FOURTH = Origins("mlflow", "models:/digits/4", "c0ffee", "4")
FIFTH = Origins("mlflow", "models:/digits/5", "c0ffee", "5")


class Given:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ledger = FakeLedger(clock=self.clock)
        self.mirror = FakeMirror()
        self.watcher = FakeWatcher()
        self.connected = 0

    def catch_up(self) -> None:
        leases = Leases(self.ledger, holder="this process", sleep=lambda _: None)
        Copies(self._connect, ledger=self.ledger, leases=leases, watcher=self.watcher).catch_up()

    def point_again(self) -> None:
        leases = Leases(self.ledger, holder="this process", sleep=lambda _: None)
        Copies(self._connect, ledger=self.ledger, leases=leases, watcher=self.watcher).point_again()

    def live(self, name: str, origins: Origins = FROM_GIT) -> Promotion:
        self.clock.pass_(hours=1)
        asked = ask(self.ledger, self.clock, published(self.ledger, name, origins=origins))
        return roll_out(self.ledger, say_yes(self.ledger, self.clock, asked))

    def cursor(self) -> int:
        with self.ledger.reading() as reading:
            return reading.cursor(CURSOR)

    def _connect(self) -> FakeMirror:
        self.connected += 1
        return self.mirror


@pytest.fixture
def given() -> Given:
    return Given()


def test_a_version_is_tagged_pointed_to_and_its_evidence_recorded(given: Given) -> None:
    live = given.live("digits-1", origins=FOURTH)
    given.catch_up()
    assert given.mirror.tags["digits", "4"] == {
        "ona.release": "digits-1",
        "ona.phase": "published",
        "ona.image": live.binding.image,
        "ona.production": "live",
    }
    assert given.mirror.aliases == {("digits", "production"): "4"}
    account = given.mirror.runs["digits-1"]
    assert account.metrics == {"accuracy": 0.97}
    assert account.parameters["estimator"] == "sklearn.svm.SVC"
    assert account.parameters["package.numpy"] == "2.4.0"
    assert account.parameters["rows"] == "360"
    stages = {f"{stage}.json" for stage in ("verify", "prepare", "validate", "build", "publish")}
    assert account.files.keys() == stages
    assert given.watcher.told == []


def test_an_alias_follows_what_is_served_and_never_leads(given: Given) -> None:
    given.live("digits-1", origins=FOURTH)
    asked = ask(given.ledger, given.clock, published(given.ledger, "digits-2", origins=FIFTH))
    given.catch_up()
    assert given.mirror.aliases == {("digits", "production"): "4"}
    roll_out(given.ledger, say_yes(given.ledger, given.clock, asked))
    given.catch_up()
    assert given.mirror.aliases == {("digits", "production"): "5"}
    assert given.mirror.tags["digits", "4"]["ona.production"] == "replaced"
    given.live("digits-3")
    given.catch_up()
    assert given.mirror.aliases == {}


def test_what_could_not_be_told_is_told_by_the_next(given: Given) -> None:
    given.live("digits-1", origins=FOURTH)
    given.mirror.is_down = True
    given.catch_up()
    assert given.watcher.told == [
        "MLflow is not up to date, and will be later: the MLflow server is not there"
    ]
    assert given.cursor() == 0
    given.mirror.is_down = False
    given.catch_up()
    assert given.mirror.aliases == {("digits", "production"): "4"}
    assert given.cursor() > 0


def test_what_was_told_is_not_told_again(given: Given) -> None:
    given.live("digits-1", origins=FOURTH)
    given.catch_up()
    told = given.connected
    given.catch_up()
    assert given.connected == told


def test_what_came_from_git_is_recorded_too_and_no_version_is_touched(given: Given) -> None:
    given.live("digits-1", FOURTH)
    given.live("digits-2")
    given.catch_up()
    assert given.mirror.runs["digits-2"].metrics == {"accuracy": 0.97}
    assert given.mirror.tags.keys() == {("digits", "4")}


def test_only_releases_that_something_was_said_of_are_recorded(given: Given) -> None:
    given.live("digits-1")
    given.catch_up()
    given.mirror.runs.clear()
    given.live("digits-11")
    given.catch_up()
    assert given.mirror.runs.keys() == {"digits-1", "digits-11"}  # the one was replaced by the other
    given.mirror.runs.clear()
    ask(given.ledger, given.clock, published(given.ledger, "digits-111"))
    given.catch_up()
    assert given.mirror.runs.keys() == {"digits-111"}


def test_a_version_that_was_deleted_holds_nothing_up(given: Given) -> None:
    given.live("digits-1", origins=FOURTH)
    given.mirror.deleted.add("4")
    given.catch_up()
    assert given.watcher.told[0] == "MLflow was not told: there is no version 4"
    assert given.cursor() > 0


def test_without_a_model_registry_nothing_happens(given: Given) -> None:
    given.live("digits-1", origins=FOURTH)
    leases = Leases(given.ledger, holder="this process", sleep=lambda _: None)
    Copies(None, ledger=given.ledger, leases=leases, watcher=given.watcher).catch_up()
    assert given.cursor() == 0


def test_an_alias_that_somebody_moved_is_put_back_though_nothing_happened_since(given: Given) -> None:
    given.live("digits-1", FOURTH)
    given.catch_up()
    given.mirror.aliases["digits", "production"] = "3"
    given.catch_up()
    assert given.mirror.aliases["digits", "production"] == "3"
    given.point_again()
    assert given.mirror.aliases["digits", "production"] == "4"


def test_a_model_registry_that_is_down_keeps_nobody_from_resuming(given: Given) -> None:
    given.live("digits-1", FOURTH)
    given.mirror.is_down = True
    given.point_again()
    (said,) = given.watcher.told
    assert said.startswith("the aliases in MLflow were not looked at: ")
