"""The fake target keeps the contract that the real ones keep."""

import pytest

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.rollout.interface import Change
from ona_pipeline.rollout.watch import Watch
from tests.contract.target.contract import Harness, TargetContract
from tests.fakes.clock import FakeClock
from tests.fakes.target import FakeTarget
from tests.stand_in import QUESTION


def change(release: str, behaviour: str = "well") -> Change:
    image = PinnedReference.of(f"registry/{behaviour}", Digest.of(f"{behaviour} {release}".encode()))
    return Change(model="digits", environment="testing", release=release, image=image, question=QUESTION)


@pytest.fixture(name="harness")
def _harness() -> Harness:
    target, clock = FakeTarget(), FakeClock()
    watch = Watch(target, clock=clock, sleep=lambda s: clock.pass_(seconds=s), progress=lambda _: None)
    return Harness(target, change, lambda _: target.answering(), watch)


class TestFakeTarget(TargetContract):
    """In memory."""
