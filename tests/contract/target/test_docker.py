"""A real Docker engine as a target, with containers that really misbehave."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import pytest

from ona_pipeline.clients.docker import DockerEngine, NoEngineError, translated
from ona_pipeline.clients.inference import ask
from ona_pipeline.rollout.docker import DockerTarget
from ona_pipeline.rollout.watch import Watch
from tests import stand_in
from tests.backends import docker_engine
from tests.contract.target.contract import Harness, TargetContract

pytestmark = [pytest.mark.docker, pytest.mark.registry]


def answering(address: str) -> str:
    place = address.removeprefix("http://")
    return ask(place, stand_in.MODEL, stand_in.QUESTION, timeout_s=5).release


@pytest.fixture(name="harness")
def _harness() -> Iterator[Harness]:
    environment = f"test-{uuid4().hex[:8]}"
    target = DockerTarget(docker_engine(), model=stand_in.MODEL, environment=environment)
    watch = Watch(target, clock=lambda: datetime.now(UTC), sleep=time.sleep, progress=lambda _: None)
    yield Harness(target, partial(stand_in.change, environment=environment), answering, watch)
    target.remove()


class TestDockerTarget(TargetContract):
    """On the engine of this machine."""

    def test_the_container_holds_no_rights(self, harness: Harness):
        harness.serve("r1")
        found = docker_engine().sdk.containers.list(
            filters={"ancestor": harness.change("r1").image.digest, "label": "ona.release=r1"}
        ) or docker_engine().sdk.containers.list(filters={"label": "ona.release=r1"})
        settings = found[0].attrs["HostConfig"]
        assert settings["ReadonlyRootfs"]
        assert settings["CapDrop"] == ["ALL"]
        assert settings["SecurityOpt"] == ["no-new-privileges"]
        assert settings["PortBindings"]["8080/tcp"][0]["HostIp"] == "127.0.0.1"
        assert found[0].attrs["Config"]["User"] == "65532:65532"

    def test_an_engine_that_goes_away_before_the_image_was_looked_for_is_no_word_on_the_image(
        self, harness: Harness, monkeypatch: pytest.MonkeyPatch
    ):
        def cut(*_: object) -> None:
            with translated("find the image"):
                raise ConnectionRefusedError

        monkeypatch.setattr(DockerEngine, "pull", cut)
        with pytest.raises(NoEngineError, match="the Docker engine is not there: it could not find"):
            harness.target.apply(harness.change("r1"))
        monkeypatch.undo()
        assert harness.serve("r1").well
