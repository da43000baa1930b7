"""Rollouts forward and back under load."""

import pytest

from ona_pipeline.records.finding import Verdict
from tests import stand_in
from tests.integration.rollout.conftest import MakeTarget
from tests.integration.rollout.load import Load
from tests.integration.rollout.stage import rolled_out

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]


def test_two_rollouts_drop_no_request(make_target: MakeTarget):
    target = make_target(replicas=2)
    first, second = stand_in.change("r1"), stand_in.change("r2")
    evidence = rolled_out(target, first)
    port = evidence.address.rpartition(":")[2]
    with Load(f"127.0.0.1:{port}") as load:
        forward = rolled_out(target, second, first)
        back = rolled_out(target, first, second)
    assert (forward.verdict, back.verdict) == (Verdict.PASSED, Verdict.PASSED)
    assert load.failures == []
    assert set(load.releases) == {"r1", "r2"}
    assert sum(load.releases.values()) >= 300
