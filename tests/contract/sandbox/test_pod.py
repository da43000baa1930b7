"""The sandbox that is a Job in a real cluster: the contract, and what is its own."""

import hashlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.errors import BackendError
from ona_pipeline.image.laden import LadenImages
from ona_pipeline.sandbox.interface import Limits, SandboxJob
from ona_pipeline.sandbox.jobs import OWNER, Jobs
from ona_pipeline.sandbox.pod import KIND, PodSandbox
from ona_pipeline.sandbox.pod_object import Held, first_program, pod_object
from tests.backends import base_image, image_registry, lab
from tests.cluster import cluster, install_sandbox, namespace
from tests.contract.sandbox.outcomes import CoreContract, OutcomeContract, Runner, WallContract, until

pytestmark = [pytest.mark.kubernetes, pytest.mark.registry]
HOST = socket.gethostname()


@pytest.fixture(name="client", scope="module")
def _client() -> KubernetesClient:
    return cluster()


@pytest.fixture(name="place", scope="module")
def _place(client: KubernetesClient) -> Iterator[str]:
    with namespace(client) as name:
        install_sandbox(client, name)
        yield name


def sandbox(client: KubernetesClient, place: str, *, held: Held | None = None) -> PodSandbox:
    registry, repository = image_registry(lab("registry")), f"{lab('registry')}/ona-tests/sandbox"
    laden = LadenImages(registry, repository, always=first_program())
    return PodSandbox(client, namespace=place, laden=laden, held=held)


@pytest.fixture(name="runner")
def _runner(client: KubernetesClient, place: str) -> Runner:
    return Runner(sandbox(client, place), base_image())


class PodWallContract(WallContract):
    """The walls of a pod, which has a user of its own, and a network that its program cannot speak to."""

    def is_its_user(self, user: int) -> bool:
        return user >= 100_000

    def test_there_is_no_network(self, runner: Runner):
        for kind in ("AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK"):
            outcome = runner.python(f"import socket; socket.socket(socket.{kind}, socket.SOCK_DGRAM)")
            assert "Network is unreachable" in outcome.output, kind


@pytest.mark.full
class TestPodSandbox(OutcomeContract, PodWallContract):
    """The contract that every sandbox keeps."""


class TestPodSandboxInShort(CoreContract):
    """What of the contract is seen in every run of the tests; all of it in `make test-full`."""


class TestWhatComesBack:
    """Outputs through the log of a pod."""

    def test_thirty_megabytes_come_back_as_they_were_written(self, runner: Runner, tmp_path: Path):
        program = (
            "import hashlib, os; content = os.urandom(30_000_000); open('/out/big', 'wb').write(content);"
            "print(hashlib.sha256(content).hexdigest())"
        )
        outcome = runner.python(program, outputs={"/out": tmp_path})
        assert outcome.output.strip() == hashlib.sha256((tmp_path / "big").read_bytes()).hexdigest()

    def test_more_than_may_come_back_is_too_much_written(
        self, client: KubernetesClient, place: str, tmp_path: Path
    ):
        small = Runner(sandbox(client, place, held=Held(most_bytes=100_000)), base_image())
        program = "import os; open('/out/big', 'wb').write(os.urandom(1_000_000))"
        assert small.python(program, outputs={"/out": tmp_path}).ending == "too-much-written"

    def test_the_program_cannot_speak_in_the_place_of_the_first_one(self, runner: Runner):
        program = "for name in ('1/fd/1', '1/mem', '1/environ'): open('/proc/' + name, 'r+b')"
        assert "Permission denied" in runner.python(program).output


class TestLoopback:
    """A training talks to its own process."""

    PROGRAM = (
        "import socket; near = socket.create_server(('127.0.0.1', 8931));"
        "socket.create_connection(('127.0.0.1', 8931)); print('met')"
    )

    def test_is_there_where_a_job_asks_for_it_and_only_there(self, runner: Runner):
        assert runner.python(self.PROGRAM, loopback=True).output == "met\n"
        assert "Network is unreachable" in runner.python(self.PROGRAM).output


class TestNothingIsLeft:
    """Neither of a job that ended, nor of a releaser that was killed."""

    def test_of_a_job_that_ended(self, runner: Runner, client: KubernetesClient, place: str):
        runner.python("raise SystemExit(1)")
        runner.python("while True: pass", limits=Limits(timeout_s=1))
        assert jobs(client, place) == []

    def test_of_a_process_that_was_killed_while_others_keep_theirs(
        self, runner: Runner, client: KubernetesClient, place: str
    ):
        program = [sys.executable, "-c", "import os; print(os.getpid())"]
        gone = int(subprocess.run(program, capture_output=True, check=True).stdout)
        left, elsewhere = (self.written(client, place, owner) for owner in (f"{HOST}/{gone}", "elsewhere/1"))
        runner.python("pass")
        assert jobs(client, place) == [elsewhere["metadata"]["name"]]
        client.delete(elsewhere)
        assert left["metadata"]["name"] != elsewhere["metadata"]["name"]

    def test_even_of_a_job_that_nobody_deletes_after_its_time(self, client: KubernetesClient, place: str):
        self.written(client, place, "elsewhere/1", deadline_s=1)
        until(lambda: jobs(client, place) == [], timeout_s=40)

    def written(self, client: KubernetesClient, place: str, owner: str, *, deadline_s: int = 60):
        """A Job that another process made: its program does not end."""
        image, sleeping = base_image(), ("python3", "-c", "import time; time.sleep(60)")
        pod = pod_object(SandboxJob(image, sleeping, {}, {}), image, Held())
        pod["containers"][0]["command"] = list(sleeping)
        wanted = Jobs(client, place, KIND).written(pod, deadline_s=deadline_s, kept_s=1)
        wanted["metadata"]["annotations"] = {OWNER: owner}
        return client.create(wanted)


class TestAnHonestError:
    """What the sandbox itself lacks is no verdict on the model."""

    def test_a_namespace_without_the_network_policy_is_no_sandbox(self, client: KubernetesClient):
        with (
            namespace(client) as bare,
            pytest.raises(BackendError, match="no NetworkPolicy 'sandbox'") as error,
        ):
            Runner(sandbox(client, bare), base_image()).python("pass")
        assert "kubectl apply -k" in error.value.hint

    def test_a_pod_that_nobody_admits_says_so(self, client: KubernetesClient, place: str):
        runner = Runner(sandbox(client, place, held=Held(start_s=2)), base_image())
        with pytest.raises(BackendError, match="did not come to its end"):
            runner.python("pass", limits=Limits(memory_bytes=2**50))


def jobs(client: KubernetesClient, place: str) -> list[str]:
    """The names of the Jobs that are there and not about to go."""
    found = client.items(f"/apis/batch/v1/namespaces/{place}/jobs", "look for sandboxes")
    return [one["metadata"]["name"] for one in found if "deletionTimestamp" not in one["metadata"]]
