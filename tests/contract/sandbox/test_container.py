"""The sandbox that is a container, on a real Docker engine: the contract, and hostile programs."""

import socket
import subprocess
import sys

import pytest

from ona_pipeline.clients.docker_orphans import owned
from ona_pipeline.sandbox.container import LABEL, ContainerSandbox
from ona_pipeline.sandbox.interface import Limits
from tests.backends import base_image, docker_engine
from tests.contract.sandbox.outcomes import OutcomeContract, Runner, SharedDiskContract, WallContract

pytestmark = [pytest.mark.docker, pytest.mark.registry]


@pytest.fixture(name="runner")
def _runner() -> Runner:
    return Runner(ContainerSandbox(docker_engine()), base_image())


class TestContainerSandbox(OutcomeContract, WallContract, SharedDiskContract):
    """The contract that every sandbox keeps."""


def test_the_container_is_gone_afterwards(runner: Runner):
    runner.python("raise SystemExit(1)")
    runner.python("while True: pass", limits=Limits(timeout_s=1))
    ours = docker_engine().sdk.containers.list(all=True, filters={"label": f"{LABEL}={owned(LABEL)[LABEL]}"})
    assert ours == []


def test_what_a_killed_process_left_is_removed_by_the_next_job(runner: Runner):
    program = [sys.executable, "-c", "import os; print(os.getpid())"]
    gone = int(subprocess.run(program, capture_output=True, check=True).stdout)
    sdk = docker_engine().sdk
    left, elsewhere = (
        sdk.containers.create(base_image(), ["python3"], labels={LABEL: f"{host}/{gone}"})
        for host in (socket.gethostname(), "elsewhere")
    )
    try:
        runner.python("pass")
        known = {one.id for one in sdk.containers.list(all=True, filters={"label": LABEL})}
        assert left.id not in known
        assert elsewhere.id in known
    finally:
        elsewhere.remove()
