"""What every target keeps: one class, run on the fake, a Docker engine and a Kubernetes cluster."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from ona_pipeline.rollout.interface import Change, Condition, Serving, Target
from ona_pipeline.rollout.watch import Watch

MakeChange = Callable[..., Change]


@dataclass
class Harness:
    """One target, and how a test speaks of it.

    Attributes:
        target: under test, empty.
        change: a change to a release that behaves so.
        answering: the release that really answers at an address.
        watch: on the real clock, or a fake one.
    """

    target: Target
    change: MakeChange
    answering: Callable[[str], str]
    watch: Watch

    def serve(self, release: str, behaviour: str = "well", *, within_s: float = 60) -> Condition:
        """Apply, and wait."""
        change = self.change(release, behaviour)
        self.target.apply(change)
        return self.watch.until_well(change, within_s)


class TargetContract:
    """A module that runs it has a fixture `harness`."""

    def test_an_untouched_target_serves_nothing(self, harness: Harness):
        assert harness.target.serving() is None

    def test_naming_the_objects_touches_nothing(self, harness: Harness):
        first, second = harness.change("r1"), harness.change("r2")
        assert harness.target.objects(first) == harness.target.objects(first)
        assert harness.target.objects(first) != harness.target.objects(second)
        assert harness.target.serving() is None

    def test_what_was_never_applied_is_not_well(self, harness: Harness):
        seen = harness.target.condition(harness.change("r1"))
        assert (seen.well, seen.cause) == (False, "not-applied")

    def test_an_applied_change_becomes_well_and_each_instance_answers_for_it(self, harness: Harness):
        seen = harness.serve("r1")
        assert seen.well, seen.sentence
        image = harness.change("r1").image
        assert harness.target.serving() == Serving(image, "r1")
        assert {one.release for one in seen.instances} == {"r1"}
        assert {one.digest for one in seen.instances} <= {image.digest, None}
        assert all(one.right for one in seen.instances)
        assert harness.answering(seen.address) == "r1"

    def test_applying_the_same_again_changes_nothing(self, harness: Harness):
        first = harness.serve("r1")
        harness.target.apply(harness.change("r1"))
        assert harness.watch.until_well(harness.change("r1"), 30).instances == first.instances

    def test_a_newer_change_replaces_the_older_and_the_way_back_is_the_same(self, harness: Harness):
        harness.serve("r1")
        newer = harness.serve("r2")
        assert newer.well, newer.sentence
        assert harness.answering(newer.address) == "r2"
        assert not harness.target.condition(harness.change("r1")).well
        back = harness.serve("r1")
        assert back.well, back.sentence
        assert harness.answering(back.address) == "r1"

    @pytest.mark.parametrize(
        ("behaviour", "cause", "is_hopeless"),
        [
            ("crash", "crash-loop", True),
            ("image-pull", "image-pull", True),
            ("wrong-answer", "wrong-answer", True),
            ("out-of-memory", "out-of-memory", True),
            ("never-ready", "not-ready", False),
        ],
    )
    def test_a_bad_change_is_named_while_the_older_one_answers(
        self, harness: Harness, behaviour: str, cause: str, is_hopeless: bool
    ):
        address = harness.serve("r1").address
        seen = harness.serve("r2", behaviour, within_s=60 if is_hopeless else 5)
        assert (seen.well, seen.cause, seen.hopeless) == (False, cause, is_hopeless), seen.sentence
        # Who claims to be ready is asked by all; the real server asks itself first.
        assert harness.answering(address) in ({"r1", "r2"} if cause == "wrong-answer" else {"r1"})
        back = harness.serve("r1")
        assert back.well, back.sentence
        assert harness.answering(back.address) == "r1"

    def test_a_crash_is_told_with_the_last_log_lines(self, harness: Harness):
        seen = harness.serve("r1", "crash")
        assert "model.skops: wanted digest sha256:aaaa, found sha256:bbbb" in seen.sentence

    def test_removing_leaves_nothing_and_can_be_repeated(self, harness: Harness):
        harness.serve("r1")
        harness.target.remove()
        assert harness.watch.until_empty(30)
        harness.target.remove()
        assert harness.target.serving() is None
