"""The ledger compared with targets, image registry and model registry; nothing is changed by it."""

import msgspec
import pytest

from ona_pipeline import queries
from ona_pipeline.drift import LiveStatus, Survey
from ona_pipeline.errors import BackendError, UsageError
from ona_pipeline.records.snapshot import Origins
from ona_pipeline.rollout.interface import Serving
from tests.fakes.given import Given
from tests.fakes.releases import digest, published, roll_out
from tests.fakes.requests import ask, say_yes
from tests.fakes.target import FakeTarget

FOURTH = Origins("mlflow", "models:/digits/4", "c0ffee", "4")


class Broken(FakeTarget):
    """Cannot be asked."""

    def serving(self) -> Serving | None:
        raise BackendError("the cluster is not there")


class Asleep(FakeTarget):
    """Was scaled to zero by somebody."""

    def serving(self) -> Serving | None:
        found = super().serving()
        return found and msgspec.structs.replace(found, wake="kubectl scale deployment digits --replicas 2")


@pytest.fixture
def given() -> Given:
    return Given()


def surveyed(given: Given, aliases: dict[str, str] | Exception | None = None) -> LiveStatus:
    def asked(_: str) -> dict[str, str]:
        if isinstance(aliases, Exception):
            raise aliases
        return aliases or {}

    asking = None if aliases is None else asked
    survey = Survey(given.promotions()._ground, aliases=asking, ledger=given.ledger)
    return survey.of(queries.status(given.ledger, sleep=lambda _: None))


def told(found: LiveStatus) -> list[tuple[str, str]]:
    return [(drift.code, drift.settle) for drift in found.drifts]


def test_what_is_as_the_ledger_has_it_is_no_drift(given: Given) -> None:
    given.live("digits-1")
    found = surveyed(given)
    assert (found.drifts, found.unknown) == ((), ())
    assert found.places[0].serving == "digits-1"


def test_an_image_set_by_another_hand_is_named_with_wanted_and_found(given: Given) -> None:
    live = given.live("digits-1")
    given.targets["production"].set_by_hand("digits:latest")
    found = surveyed(given)
    assert told(found) == [("other-image", "ona promote digits-1 --to production")]
    assert f"wanted {live.binding.image} of digits-1, found digits:latest" in found.drifts[0].sentence


def test_a_target_with_nothing_on_it(given: Given) -> None:
    given.live("digits-1")
    given.targets["production"].remove()
    assert told(surveyed(given)) == [("nothing-served", "ona promote digits-1 --to production")]


def test_a_target_that_was_scaled_to_zero(given: Given) -> None:
    given.targets["production"] = Asleep()
    given.live("digits-1")
    assert told(surveyed(given)) == [("scaled-to-zero", "kubectl scale deployment digits --replicas 2")]


def test_something_that_the_ledger_does_not_know(given: Given) -> None:
    given.live("digits-1")
    given.live("digits-2")
    roll_back = given.promotions().roll_back("digits", "production", to="", reason="older")
    assert roll_back.release == "digits-1"
    given.promotions().promote(published(given.ledger, "digits-3"), "staging")
    fresh = Given()
    fresh.targets = given.targets
    fresh.promotions().promote(published(fresh.ledger, "digits-9"), "production")
    assert told(surveyed(fresh)) == [("not-in-ledger", "ona ledger verify")]


def test_a_tag_that_was_moved_and_an_image_that_is_gone(given: Given) -> None:
    live = given.live("digits-1")
    given.moved_to = digest("another")
    (moved,) = surveyed(given).drifts
    assert moved.code == "tag-moved"
    assert moved.settle.startswith(f"crane tag {live.binding.image} ")
    given.missing = ("image: wanted it, found nothing",)
    (gone,) = surveyed(given).drifts
    assert gone.code == "image-missing"
    assert gone.settle.startswith("ona release digits --rev ")


def test_an_alias_that_was_moved_and_one_that_follows(given: Given) -> None:
    release = published(given.ledger, "digits-1", origins=FOURTH)
    asked = given.promotions().promote(release, "production")
    given.promotions().approve(asked, reason="fine")
    assert surveyed(given, {"production": "4"}).drifts == ()
    (moved,) = surveyed(given, {"production": "3"}).drifts
    assert (moved.code, moved.settle) == ("alias-moved", "ona resume --all")
    assert moved.sentence == "alias production of digits: wanted version 4, found version 3"


@pytest.mark.parametrize("reason", [BackendError("MLflow is down"), UsageError("no such model")])
def test_a_model_registry_that_cannot_be_asked_is_unknown_and_no_drift(
    given: Given, reason: Exception
) -> None:
    asked = ask(given.ledger, given.clock, published(given.ledger, "digits-1", origins=FOURTH))
    live = roll_out(given.ledger, say_yes(given.ledger, given.clock, asked))
    given.targets["production"]._set = None
    found = surveyed(given, reason)
    assert [(one.part, one.reason) for one in found.unknown] == [("model registry", str(reason))]
    assert [one.code for one in found.drifts] == ["nothing-served"]
    assert live.environment == "production"


def test_a_target_that_cannot_be_asked_is_unknown_and_no_drift(given: Given) -> None:
    given.live("digits-1")
    given.targets["production"] = Broken()
    found = surveyed(given)
    assert found.drifts == ()
    assert [(one.part, one.reason) for one in found.unknown] == [("target", "the cluster is not there")]
