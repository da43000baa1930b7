"""The connection to image registry, engine or cluster breaks at each of its requests, before or after it."""

import errno
from collections.abc import Callable

import pytest

from tests.e2e.conftest import kubectl
from tests.e2e.world import World
from tests.faults.ladder import Ladder, Strike, labelled
from tests.faults.test_killed_everywhere import Road
from tests.faults.watched import Watched

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]


class Cutter(Ladder):
    """Cuts connections to one peer, in place of killing: a process may be cut often before it gives up.

    Args:
        peer: address, or path of the socket.
    """

    def __init__(self, world: World, peer: str, *, seed: int, of: int) -> None:
        super().__init__(world, seed=seed, of=of)
        self._peer = peer

    def strike(self, watched: Watched, step: str) -> Strike | None:
        last = ""
        for call, label in labelled(watched.calls(), step):
            if call.object == self._peer and self.is_new(label):
                last = label
                if call.name == "connect":
                    watched.fails(errno.ECONNREFUSED)
                else:
                    watched.is_cut(after_s=self.after_s())
        said = watched.ended()
        assert said.returncode in {0, 4}, f"{last}: exit {said.returncode}\n{said.stderr}"
        if said.returncode:
            assert "errored: " in said.stderr
            assert "Traceback" not in said.stderr
        return Strike(last, self.began, 0) if last else None


PEERS = ["registry", "engine", "cluster"]
SERVER = "jsonpath={.clusters[0].cluster.server}"


def peer_of(name: str, addresses: dict[str, str]) -> str:
    return {
        "registry": addresses["ONA_IMAGE_REGISTRY"].partition("/")[0],
        "engine": "/var/run/docker.sock",
        "cluster": kubectl("config", "view", "--minify", "-o", SERVER).removeprefix("https://"),
    }[name]


@pytest.mark.full
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", PEERS)
def test_each_request_is_cut_and_everything_is_continued(
    world: World, name: str, addresses: dict[str, str], record_property: Callable[[str, object], None]
) -> None:
    cutter = Cutter(world, peer_of(name, addresses), seed=1, of=1)
    road = Road(world, cutter)
    processes = len(road.release()) + len(road.approve())
    record_property(
        "measured", f"{name}: cut at {len(cutter.struck)} requests, {processes} processes ended by it"
    )
