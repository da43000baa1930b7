"""Canaries of the real server on a real cluster, judged by what the pods' own metrics say."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.errors import RefusedError
from ona_pipeline.ledger.lease import LeaseLostError
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.policy.canary import CanaryPolicy
from ona_pipeline.records.promotion import PromotionPhase
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.rollout.guarded import GuardedCanary, GuardedTarget
from ona_pipeline.rollout.interface import Canary, Serving, Target
from ona_pipeline.rollout.kubernetes import KubernetesTarget
from ona_pipeline.rollout.traffic import Traffic
from tests import serving_images, stand_in
from tests.digits import with_estimator
from tests.fakes.releases import APPROVER
from tests.integration.rollout.conftest import MakeTarget
from tests.integration.rollout.environment import NAME, Environment
from tests.integration.rollout.load import Load

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]
CANARY = EnvironmentPolicy(approval="automatic", deadline="90s", canary=CanaryPolicy(share=0.34, lasts="20s"))
Measure = Callable[[str], None]


@pytest.fixture(name="measure")
def _measure(record_property: Callable[[str, object], None]) -> Measure:
    return lambda seen: record_property("rollout", seen)


@pytest.fixture(name="environment")
def _environment(make_target: MakeTarget, tmp_path: Path) -> Environment:
    return Environment(make_target(replicas=2), tmp_path, CANARY)


def steadfast(snapshot: Snapshot) -> Snapshot:
    """A model that answers 9 to everything, and so the known question rightly."""
    import numpy as np
    from sklearn.dummy import DummyClassifier

    pixels = np.zeros((10, 64))
    made = DummyClassifier(strategy="constant", constant=9).fit(pixels, np.arange(10))
    return with_estimator(snapshot, made)


class Killed(BaseException):
    """The process is gone."""


class _Interrupted(GuardedTarget):
    """A target at whose canary something happens when its traffic is first read after it serves."""

    def __init__(self, target: Target, happens: Callable[[], None]) -> None:
        super().__init__(target, guard=lambda: None)
        self._happens = happens

    def canary(self) -> Canary:
        found = super().canary()
        assert found is not None

        def looked() -> None:
            if found.serving():
                self._happens()

        return _Looked(found, looked)


class _Looked(GuardedCanary):
    def __init__(self, canary: Canary, looked: Callable[[], None]) -> None:
        super().__init__(canary, guard=lambda: None)
        self._looked = looked

    def traffic(self) -> Traffic:
        self._looked()
        return super().traffic()


def test_a_canary_is_gone_on_with_after_a_kill_and_ended_by_a_rollback_and_spares_its_namesake(
    environment: Environment, client: KubernetesClient, measure: Measure
):
    """One test for all, for what takes long is that something serves."""
    target, first = environment.target, stand_in.change("r1", environment=NAME)
    live = environment.rolled_out(first)
    place = target._place  # type: ignore[attr-defined]
    namesake = KubernetesTarget(client, structs.replace(place, deployment=f"{place.deployment}-canary"))
    namesake.apply(stand_in.change("n1"))
    with Load(environment.evidence(live).address, first) as load:
        with pytest.raises(RefusedError, match=r"not-ours: .*digits-\w+-canary is not ona's"):
            environment.rolled_out(stand_in.change("r2", environment=NAME))
        environment.lift_hold()
        assert namesake.serving() == Serving(stand_in.change("n1").image, "n1")
        namesake.remove()

        def die() -> None:
            raise Killed

        environment.target = _Interrupted(target, die)
        with pytest.raises(Killed):
            environment.rolled_out(stand_in.change("r3", environment=NAME))
        killed = environment.newest()
        assert killed.phase is PromotionPhase.ROLLING_OUT

        def somebody_rolls_back() -> None:
            environment.target = target
            environment.promotions(APPROVER).roll_back("digits", NAME, to="", reason="no")

        environment.target = _Interrupted(target, somebody_rolls_back)
        with pytest.raises(LeaseLostError):
            environment.promotions().resume(killed)
    assert environment.facts(killed.id)[-3:] == ["rollout-started", "rollout-started", "rolled-back"]
    assert target.canary().serving() is None  # type: ignore[union-attr]
    serving = target.serving()
    assert serving is not None
    assert serving.release == "r1"
    assert load.failures == []
    environment.must_be_sound()
    measure(f"killed, resumed and rolled back while a canary was measured; {load}")


@pytest.mark.full
def test_a_canary_as_good_as_the_others_goes_on_and_one_that_answers_otherwise_is_taken_back(
    environment: Environment, measure: Measure
):
    """One test for both, for what takes long is that something serves."""
    good = serving_images.change("r1", environment=NAME)
    otherwise = serving_images.change("r3", environment=NAME, spoil=steadfast)
    address = environment.evidence(environment.rolled_out(good)).address
    with Load(address, good, rate=200, anything=True) as load:
        live = environment.rolled_out(serving_images.change("r2", environment=NAME))
        assert (live.release, live.phase) == ("r2", PromotionPhase.LIVE)
        assert live.canary is not None
        passed = environment.canary_evidence(live.canary.evidence)
        with pytest.raises(RefusedError, match="canary-predictions"):
            environment.rolled_out(otherwise)
    back = environment.newest()
    assert back.phase is PromotionPhase.ROLLED_BACK
    assert back.rollout is not None
    taken = environment.canary_evidence(back.rollout)
    assert "rows predicted as 9" in taken.comparisons[0]
    assert load.failures == []
    canary = environment.target.canary()
    assert canary is not None
    assert canary.serving() is None
    serving = environment.target.serving()
    assert serving is not None
    assert serving.release == "r2"
    environment.must_be_sound()
    took_s = (taken.finished_at - taken.started_at).total_seconds()
    measure(
        f"passed after {passed.canary_requests} requests to the canary and {passed.stable_requests} to the"
        f" others; one that answers 9 to everything is back after {took_s:.0f} s, start included; {load}"
    )
