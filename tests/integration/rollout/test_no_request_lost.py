"""Rollouts and rollbacks of the real server, under load on kept and on new connections."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.records.promotion import PromotionPhase
from tests import serving_images
from tests.integration.rollout.conftest import MakeTarget
from tests.integration.rollout.environment import NAME, Environment
from tests.integration.rollout.load import Load

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]
AUTOMATIC = EnvironmentPolicy(approval="automatic", deadline="60s")
BACK_WITHIN_S = 10.0
BUSY_S = 20.0  # how much later on a machine that runs other tests beside this one


def test_a_rollout_and_a_rollback_drop_no_request(
    make_target: MakeTarget, tmp_path: Path, record_property: Callable[[str, object], None]
):
    record_property(
        "rollout",
        carried_out(make_target, tmp_path, rounds=1, at_least=1000, within_s=BACK_WITHIN_S + BUSY_S),
    )


@pytest.mark.full
def test_twenty_rollouts_and_ten_rollbacks_drop_none_of_fifty_thousand_requests(
    make_target: MakeTarget, tmp_path: Path, record_property: Callable[[str, object], None]
):
    record_property(
        "rollout", carried_out(make_target, tmp_path, rounds=10, at_least=50_000, within_s=BACK_WITHIN_S)
    )


def carried_out(make_target: MakeTarget, folder: Path, *, rounds: int, at_least: int, within_s: float) -> str:
    """Forward, forward and back, so many times; with one round: forward and back."""
    environment = Environment(make_target(replicas=2), folder, AUTOMATIC)
    first = serving_images.change("r0", environment=NAME)
    live = environment.rolled_out(first)
    address, backs_s = environment.evidence(live).address, []
    with Load(address, first, rate=200, at_least=at_least) as load:
        for number in range(1, 2 * rounds + 1 if rounds > 1 else 2):
            release = f"r{number}"
            live = environment.rolled_out(serving_images.change(release, environment=NAME))
            assert (live.phase, live.release) == (PromotionPhase.LIVE, release)
            if number % 2 == 0 or rounds == 1:
                load.wait_until_gone(f"r{number - 1}")
                began = time.monotonic()
                back = environment.rolled_back()
                assert (back.phase, back.release) == (PromotionPhase.LIVE, f"r{number - 1}")
                backs_s.append(load.first_answer_s(back.release, began))
    assert load.failures == []
    assert load.sent >= at_least
    assert max(backs_s) <= within_s
    environment.must_be_sound()
    forward = 2 * rounds if rounds > 1 else 1
    return (
        f"{forward} rollouts and {rounds} rollbacks at 200 requests/s; {load};"
        f" the earlier release answers again after {max(backs_s):.1f} s at most"
    )
