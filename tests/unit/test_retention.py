"""What may go from the image registry, and what never may."""

import random

import pytest

from ona_pipeline.bindings import evidence_of
from ona_pipeline.errors import BackendError, RefusedError
from ona_pipeline.policy import RetentionPolicy
from ona_pipeline.records.evidence import PublishEvidence
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.release import Release
from ona_pipeline.retention import Retention, Stores
from tests.fakes.given import Given
from tests.fakes.images import put_image
from tests.fakes.registry import FakeRegistry
from tests.fakes.releases import APPROVER, published

PREFIX = "registry.example/ona"
DIGITS = f"{PREFIX}/digits"


class Kept(Given):
    """Releases whose images are in a registry."""

    def __init__(self) -> None:
        super().__init__()
        self.registry = FakeRegistry()
        self.policy = RetentionPolicy(keep=2, min_age="30d")

    def made(self, name: str, repository: str = DIGITS) -> Release:
        """A published release, with a tag and an attestation."""
        image = put_image(self.registry, repository, {"name": name.encode()})
        content = self.registry.get_manifest(repository, image.digest) or b""
        self.registry.put_manifest(repository, content, tag=name)
        self.registry.attach(repository, image.digest, f"about {name}".encode())
        return published(self.ledger, name, image=image)

    def live(self, name: str, environment: str = "production") -> Promotion:
        asked = self.promotions().promote(self.made(name), environment)
        return self.promotions(APPROVER).approve(asked, reason="fine")

    @property
    def retention(self) -> Retention:
        stores = Stores(self.registry, self.registry, self.registry, PREFIX)
        return Retention(
            stores,
            policy=lambda: self.policy,
            serving=self.serving,
            ledger=self.ledger,
            clock=self.clock,
        )

    def serving(self, model: str, environment: str) -> str:
        """What the target really serves."""
        found = self.targets[environment].serving()
        return found.image if found else ""

    def would_go(self) -> list[str]:
        return [one.release or one.kind for one in self.retention.unneeded()]

    def removed(self) -> list[str]:
        return [one.release for one in self.retention.unneeded() if self.retention.remove(one)]


@pytest.fixture(name="given")
def _given() -> Kept:
    return Kept()


def test_what_no_environment_needs_goes_with_its_tag_and_attestations(given: Kept) -> None:
    given.made("digits-1")
    given.clock.pass_(days=31)
    assert given.would_go() == ["digits-1"]
    assert given.registry.tags() == ["digits-1"]
    assert given.removed() == ["digits-1"]
    assert given.registry.manifests == {}
    assert not any(given.registry.attached.values())
    assert given.would_go() == []


def test_what_is_young_stays(given: Kept) -> None:
    given.made("digits-1")
    given.clock.pass_(days=29)
    assert given.would_go() == []


def test_what_is_served_and_what_can_be_rolled_back_to_stays(given: Kept) -> None:
    for number in range(1, 5):
        given.live(f"digits-{number}")
    given.clock.pass_(days=400)
    assert given.would_go() == ["digits-1", "digits-2"]
    given.removed()
    assert given.promotions(APPROVER).roll_back("digits", "production", to="", reason="worse")


def test_each_environment_has_a_way_back_of_its_own(given: Kept) -> None:
    given.promotions().promote(given.made("digits-1"), "staging")  # which is automatic
    for number in range(2, 5):
        given.live(f"digits-{number}")
    given.clock.pass_(days=400)
    assert given.would_go() == ["digits-2"]


def test_one_release_that_served_twice_counts_once(given: Kept) -> None:
    first, _ = given.live("digits-1"), given.live("digits-2")
    given.promotions(APPROVER).roll_back("digits", "production", to="", reason="worse")
    given.promotions().set_hold("digits", "production", reason="over", held=False)
    given.promotions(APPROVER).roll_back("digits", "production", to="digits-2", reason="better")
    given.clock.pass_(days=400)
    assert given.would_go() == []
    assert first.release == "digits-1"


def test_what_waits_for_a_decision_stays(given: Kept) -> None:
    given.promotions().promote(given.made("digits-1"), "production")
    given.clock.pass_(days=3)
    given.policy = RetentionPolicy(keep=2, min_age="1d")
    assert given.would_go() == []
    given.clock.pass_(days=30)
    given.promotions().expire_due()
    given.clock.pass_(days=2)
    assert given.would_go() == ["digits-1"]


def test_what_comes_to_be_needed_after_it_was_listed_stays(given: Kept) -> None:
    release = given.made("digits-1")
    given.clock.pass_(days=31)
    [listed] = given.retention.unneeded()
    given.promotions().promote(release, "production")
    assert not given.retention.remove(listed)
    assert given.registry.get_manifest(DIGITS, listed.image.digest)


def test_what_another_hand_set_to_be_served_stays(given: Kept) -> None:
    for number in range(1, 5):
        given.live(f"digits-{number}")
    given.clock.pass_(days=400)
    first = given.release("digits-1")
    with given.ledger.reading() as reading:
        image = evidence_of(reading, first, "publish", PublishEvidence).image
    given.targets["production"].set_by_hand(image)
    assert given.would_go() == ["digits-2"]


def test_nothing_goes_where_a_target_does_not_say_what_it_serves(given: Kept) -> None:
    given.live("digits-1")

    def gone(model: str, environment: str) -> str:
        raise BackendError(f"the target of {model} in {environment} does not answer")

    given.serving = gone  # type: ignore[method-assign]
    with pytest.raises(BackendError, match="does not answer"):
        given.retention.unneeded()


def test_images_that_the_ledger_does_not_know_or_that_are_elsewhere_are_left_alone(given: Kept) -> None:
    put_image(given.registry, DIGITS, {"of": b"another ledger"})
    given.made("digits-1", repository="other.example/ona/digits")
    given.clock.pass_(days=400)
    assert given.would_go() == []


def test_a_release_whose_image_is_gone_is_not_promoted_any_more(given: Kept) -> None:
    release = given.made("digits-1")
    given.clock.pass_(days=31)
    given.removed()
    given.missing = ("image: found nothing in the image registry",)
    with pytest.raises(RefusedError, match="not there any more"):
        given.promotions().promote(release, "production")


def test_images_of_sandboxes_go_two_days_after_their_last_use(given: Kept) -> None:
    for day, content in (("20261101", b"1"), ("20261101", b"2"), ("20261122", b"2"), ("20261123", b"3")):
        image = put_image(given.registry, f"{PREFIX}/sandbox", {"f": content})
        manifest = given.registry.get_manifest(f"{PREFIX}/sandbox", image.digest) or b""
        given.registry.put_manifest(f"{PREFIX}/sandbox", manifest, tag=f"{day}-{image.digest.hex[:16]}")
    [old] = given.retention.unneeded()
    assert (old.kind, old.reason) == ("sandbox", "last used on 20261101")
    assert given.retention.remove(old)
    assert len(given.registry.tags_of(f"{PREFIX}/sandbox")) == 3


def test_a_form_stays_as_long_as_a_needed_release_has_it(
    given: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = put_image(given.registry, f"{PREFIX}/form", {"f": b"form"})
    monkeypatch.setattr("ona_pipeline.retention._form", lambda reading, release: form)
    given.made("digits-1")
    given.live("digits-2")
    given.clock.pass_(days=400)
    assert [one.kind for one in given.retention.unneeded()] == ["image"]
    monkeypatch.setattr(
        "ona_pipeline.retention._form", lambda reading, release: form if release.id == "digits-1" else None
    )
    assert [one.kind for one in given.retention.unneeded()] == ["image", "form"]


def test_whatever_happens_what_is_served_is_never_removed(given: Kept) -> None:
    """A random life, and a removal after each step."""
    chance = random.Random(7)
    for number in range(16):
        chance.choice((given.made, given.live))(f"digits-{number}")
        if chance.random() < 0.2 and len(served(given)) > 1:
            given.promotions(APPROVER).roll_back("digits", "production", to="", reason="worse")
            given.promotions().set_hold("digits", "production", reason="over", held=False)
        given.clock.pass_(days=chance.choice((1, 20, 50)))
        given.removed()
        for image in served(given):
            assert given.registry.get_manifest(image.repository, image.digest), number


def served(given: Kept) -> set[PinnedReference]:
    """What is live, and what served before it."""
    from ona_pipeline.ledger import histories

    with given.ledger.reading() as reading:
        known = histories.promotions(reading, "digits", "production")
    last = sorted((one for one in known if one.live_order), key=lambda one: one.live_order)[-2:]
    return {one.binding.image for one in last}


@pytest.mark.parametrize("wrong", [{"keep": 1}, {"min_age": "soon"}])
def test_a_policy_that_would_keep_no_way_back_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="wanted"):
        RetentionPolicy(**wrong)  # type: ignore[arg-type]
